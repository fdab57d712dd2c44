"""The peer checked against arithmetic of its own: python3 -m unittest discover peer"""

import pathlib
import sys
import tempfile
import unittest
import unittest.mock

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import tensors
from dropout_masks import mask_shapes, masks_of
from fcn import FCN, MODELS, load_weights, scaled, weights_of
from fixture_networks import random_network
from learning import pixel_loss
from metrics import confusion, metrics_of
from models import SMALL_MODELS, build
from streams import Stream, draw_many
from transforms import sample_loss
from voc import preprocess


class Networks(unittest.TestCase):
    def test_parameters_have_the_reference_names_and_shapes(self):
        with torch.no_grad():
            shapes = {name: tuple(p.shape) for name, p in FCN('fcn8s', 21, 1 / 8).named_parameters()}
        self.assertEqual(shapes['conv1_1.weight'], (8, 3, 3, 3))
        self.assertEqual(shapes['fc6.weight'], (512, 64, 7, 7))
        self.assertEqual(shapes['score_pool3.weight'], (21, 32, 1, 1))
        self.assertEqual(shapes['upscore8.weight'], (21, 21, 16, 16))
        self.assertEqual(len(shapes), 2 * 13 + 2 * 2 + 3 * 2 + 3)

    def test_width_rounds_halves_up_and_keeps_a_channel(self):
        self.assertEqual([scaled(5, 0.5), scaled(3, 0.5), scaled(64, 1 / 1000), scaled(512, 1)], [3, 2, 1, 512])

    def test_scores_have_the_size_of_the_image(self):
        for model in MODELS:
            network = FCN(model, 3, 1 / 64).eval()
            for size in ((1, 1), (17, 32), (33, 31)):
                self.assertEqual(tuple(network(torch.zeros(1, 3, *size)).shape), (1, 3, *size), model)

    def test_only_whole_sets_of_weights_load(self):
        network = FCN('fcn16s', 2, 1 / 64)
        weights = weights_of(random_network('fcn16s', 2, 1 / 64, 0.5))
        load_weights(network, weights)
        np.testing.assert_array_equal(weights_of(network)['fc6.weight'], weights['fc6.weight'])
        del weights['fc7.bias']
        with self.assertRaises(RuntimeError):
            load_weights(network, weights)

    def test_gradients_are_those_of_the_loss(self):
        for model in MODELS:
            network = random_network(model, 3, 1 / 64, 0.5)
            image = torch.randn(1, 3, 9, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
            label = torch.arange(9 * 12).reshape(1, 9, 12) % 4
            label[label == 3] = 255
            masks = [torch.arange(64).reshape(1, 64, 1, 1) % 3 > 0] * 2
            loss = pixel_loss(network(image, masks), label, 'mean')
            loss.backward()
            for name, parameter in network.named_parameters():
                direction = parameter.grad / (parameter.grad.norm() + 1e-30)
                with torch.no_grad():
                    sides = []
                    for sign in (1, -2, 1):  # ahead, behind, back again
                        parameter += sign * 1e-6 * direction
                        sides.append(pixel_loss(network(image, masks), label, 'mean').item())
                slope = (sides[0] - sides[1]) / 2e-6
                self.assertAlmostEqual(slope, parameter.grad.norm().item(), delta=1e-6 + 1e-4 * abs(slope), msg=name)


class Backbones(unittest.TestCase):
    def test_scores_have_the_size_of_the_image(self):
        for model in SMALL_MODELS:
            network = build(model, 3, 1 / 16).eval()
            for size in ((1, 1), (37, 64), (61, 47)):
                self.assertEqual(tuple(network(torch.zeros(1, 3, *size)).shape), (1, 3, *size), model)

    def test_scores_are_where_the_image_is(self):
        """A score map that grows by one a pixel of the image stays such a ramp when it is brought up to the image."""
        for model, origin in (('fcn32s-squeezenet', 33), ('fcn32s-mobilenetv2', 31)):
            network = build(model, 1, 1 / 16)
            ramp = origin + 32 * torch.arange(6.0)  # where the pixels of the map lie
            hat = 1 - (torch.arange(63) - 31).abs() / 32
            with torch.no_grad():
                network.score_fr = torch.nn.Identity()
                network.upscore.weight.copy_(torch.outer(hat, hat))
                scores = network.scores(ramp.expand(1, 1, 6, 6), None, None, 150, 150)
            torch.testing.assert_close(scores[0, 0, 75, 40:150], torch.arange(40.0, 150))

    def test_masks_have_the_shapes_of_what_they_drop(self):
        for model in MODELS + SMALL_MODELS:
            network = build(model, 2, 1 / 64, dropout=0.5).train()
            shapes = mask_shapes(model, 1 / 64, 2, 45, 64)
            seen = []
            with unittest.mock.patch('torch.nn.functional.dropout', lambda h, *_: seen.append(h.shape) or h):
                network(torch.zeros(2, 3, 45, 64))
            self.assertEqual([tuple(shape) for shape in seen], shapes, model)


    def test_background_may_always_score_zero(self):
        network = build('fcn8s-mobilenetv2', 3, 1 / 16, dropout=0, background='zero').train()
        torch.nn.init.ones_(network.upscore8.weight)
        scores = network(torch.ones(1, 3, 37, 64))
        self.assertEqual(scores[:, 0].abs().max().item(), 0)
        self.assertGreater(scores[:, 1:].abs().max().item(), 0)
        pixel_loss(scores, torch.zeros(1, 37, 64), 'mean').backward()
        self.assertEqual(network.upscore8.weight.grad[:, 0].abs().max().item(), 0)
        self.assertGreater(network.upscore8.weight.grad[:, 1:].abs().max().item(), 0)


class Streams(unittest.TestCase):
    def test_many_streams_at_once_are_the_streams(self):
        keys = [(3, 'dropout', index) for index in (0, 1, 77)]
        for row, each in zip(draw_many(keys, 50), keys):
            stream = Stream(*each)
            self.assertEqual(row.tolist(), [stream.uint32() for _ in range(50)])

    def test_masks_keep_their_share(self):
        [mask] = masks_of(draw_many([(1, 'dropout', 0)], 5000)[0], [(1, 100, 10, 10)], 0.3)
        self.assertAlmostEqual(mask.float().mean().item(), 0.7, delta=0.02)


    def test_labels_keep_their_share(self):
        label = np.arange(101 * 99, dtype='uint8').reshape(101, 99) % 20
        sampled = sample_loss(label, Stream(1, 'augment', 0), 0.3)
        self.assertEqual(sampled.dtype, label.dtype)
        self.assertEqual(set((sampled - label)[sampled != 255].tolist()), {0})
        self.assertAlmostEqual((sampled != 255).mean(), 0.3, delta=0.02)
        # The first number decides about the first two pixels, its low half about the first.
        number = Stream(1, 'augment', 0).uint32()
        self.assertEqual((sampled.ravel()[:2] != 255).tolist(),
                         [half < round(0.3 * 2 ** 16) for half in (number & 0xffff, number >> 16)])


class Files(unittest.TestCase):
    def test_tensors_come_back(self):
        written = {
            'bytes': np.arange(3, dtype='uint8'),
            'floats': np.linspace(0, 1, 6, dtype='float32').reshape(2, 3),
            'scalar': np.array(7, 'int64'),
            'none': np.zeros((0, 2), 'float32'),
        }
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / 'x.safetensors'
            tensors.write(file, written, {'key': 'väl'})
            read, metadata = tensors.read(file)
        self.assertEqual(metadata, {'key': 'väl'})
        self.assertEqual(set(read), set(written))
        for name, array in written.items():
            self.assertEqual(read[name].dtype, array.dtype)
            np.testing.assert_array_equal(read[name], array)

    def test_preprocessing_follows_the_config(self):
        pixels = np.array([[[255, 0, 51]]], 'uint8')
        config = {'channels': 'BGR', 'scale': 255, 'mean': [1, 2, 3], 'std': [1, 2, 4]}
        np.testing.assert_allclose(preprocess(pixels, config).ravel(), [50, -1, 63])


class Metrics(unittest.TestCase):
    def test_metrics_by_hand(self):
        label = np.array([0, 0, 0, 1, 1, 255], 'uint8')
        prediction = np.array([0, 0, 1, 1, 2, 2])
        result = metrics_of(confusion(label, prediction, 4), 1, ['a', 'b', 'c', 'd'])
        self.assertEqual(result['confusionMatrix'], [[2, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
        self.assertAlmostEqual(result['pixelAccuracy'], 3 / 5)
        self.assertAlmostEqual(result['meanAccuracy'], (2 / 3 + 1 / 2) / 2)
        self.assertAlmostEqual(result['meanIoU'], (2 / 3 + 1 / 3 + 0) / 3)
        self.assertAlmostEqual(result['fwIoU'], (3 * 2 / 3 + 2 / 3) / 5)
        self.assertIsNone(result['classes'][3]['iou'])
        self.assertIsNone(result['classes'][2]['accuracy'])


if __name__ == '__main__':
    unittest.main()
