"""The losses and the optimizer of the peer checked against arithmetic of its own: python3 -m unittest discover peer"""

import pathlib
import sys
import unittest

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from fcn import weights_of
from fixture_networks import random_network
from learning import MovingAverage, is_fixed, pixel_loss, sgd
from losses import dice, focal, hard_pixels, lovasz, sigmoid
from replay import MicroBatch
from train import step


class Learning(unittest.TestCase):
    def test_loss_without_a_valid_pixel_is_zero(self):
        logits = torch.randn(1, 3, 2, 2, requires_grad=True)
        loss = pixel_loss(logits, torch.full((1, 2, 2), 255), 'mean')
        loss.backward()
        self.assertEqual(loss.item(), 0)
        self.assertEqual(logits.grad.abs().max().item(), 0)

    def test_sgd_is_the_papers_rule(self):
        network = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 1)).double()
        before = {name: p.detach().clone() for name, p in network.named_parameters()}
        expected = {name: (w.clone(), torch.zeros_like(w)) for name, w in before.items()}
        optimizer = sgd(network, 0.1, 0.9, 0.01)
        for gradient in (1.0, -0.5, 0.25):
            for name, parameter in network.named_parameters():
                parameter.grad = torch.full_like(parameter, gradient)
                w, v = expected[name]
                rate, decay = (0.2, 0) if name.endswith('.bias') else (0.1, 0.01)
                v = 0.9 * v + gradient + decay * w
                expected[name] = (w - rate * v, v)
            optimizer.step()
        for name, parameter in network.named_parameters():
            torch.testing.assert_close(parameter.detach(), expected[name][0])

    def test_deconvolutions_stay_fixed_on_demand(self):
        names = ['upscore2.weight', 'upscore8.weight', 'fc7.weight']
        fixed = {mode: [is_fixed(name, mode) for name in names] for mode in ('fixed', 'final-fixed', 'learned')}
        self.assertEqual(fixed['fixed'], [True, True, False])
        self.assertEqual(fixed['final-fixed'], [False, True, False])
        self.assertEqual(fixed['learned'], [False, False, False])

    def test_class_weights_are_pytorchs(self):
        logits = torch.randn(2, 3, 4, 5)
        labels = torch.arange(40).reshape(2, 4, 5) % 4
        labels[labels == 3] = 255
        weights = [0.5, 2, 1.25]
        expected = torch.nn.functional.cross_entropy(logits, labels, torch.tensor(weights), ignore_index=255)
        torch.testing.assert_close(pixel_loss(logits, labels, 'mean', weights), expected)

    def test_frozen_layers_and_the_head(self):
        network = random_network('fcn32s', 2, 1 / 64, 0)
        optimizer = sgd(network, 0.1, 0.9, 0.01, frozen=['conv1_*', 'fc6'], head_rate=10)
        names = {id(parameter): name for name, parameter in network.named_parameters()}
        rates = {names[id(each)]: group['lr'] for group in optimizer.param_groups for each in group['params']}
        self.assertEqual({'conv1_1.weight', 'conv1_2.bias', 'fc6.weight'} & set(rates), set())
        self.assertEqual([rates[name] for name in ('fc7.weight', 'fc7.bias', 'score_fr.weight', 'score_fr.bias')],
                         [0.1, 0.2, 1, 2])
        self.assertEqual(rates['upscore.weight'], 1)

    def test_average_follows_and_changes_places(self):
        network = torch.nn.Linear(1, 1, bias=False)
        network.weight.data.fill_(0)
        average = MovingAverage(network, 0.5)
        expected = 0
        for weight, decay in ((1, 0.1), (2, 2 / 11), (3, 0.25)):
            network.weight.data.fill_(weight)
            average.update()
            expected = decay * expected + (1 - decay) * weight
        with average.in_place():
            self.assertAlmostEqual(network.weight.item(), expected, places=6)
        self.assertEqual(network.weight.item(), 3)

    def test_accumulated_images_step_as_one_batch(self):
        random = np.random.default_rng(1)
        images = torch.from_numpy(random.standard_normal((2, 3, 20, 16)).astype('float32'))
        labels = torch.from_numpy(np.stack([random.choice([0, 1, 255], (20, 16), p=share).astype('uint8')
                                            for share in ((0.2, 0.2, 0.6), (0.5, 0.5, 0))]))
        for objective in ('ce', 'sigmoid'):
            config = {'loss': 'mean', 'objective': objective, 'classWeights': [1, 3]}
            results = []
            for batch_size in (1, 2):
                network = random_network('fcn32s', 2, 1 / 64, 0).float().train()
                batches = [MicroBatch(image, label, None)
                           for image, label in zip(images.split(batch_size), labels.split(batch_size))]
                results.append((step(network, sgd(network, 0.01, 0.9, 0), batches, config), weights_of(network)))
            self.assertAlmostEqual(results[0][0], results[1][0], places=5)
            for name, weight in results[0][1].items():
                np.testing.assert_allclose(weight, results[1][1][name], atol=1e-6)


class Losses(unittest.TestCase):
    def test_certain_predictions_lose_dice_and_iou(self):
        label = torch.tensor([[[0, 0, 0, 1, 255]]])
        predicted = torch.tensor([[[0, 0, 1, 1, 1]]])
        logits = 100.0 * torch.nn.functional.one_hot(predicted, 3).movedim(-1, 1).double()
        self.assertAlmostEqual(dice(logits, label).item(), 1 - (4 / 5 + 2 / 3) / 2)
        self.assertAlmostEqual(lovasz(logits, label).item(), 1 - (2 / 3 + 1 / 2) / 2)

    def test_focal_and_sigmoid_by_hand(self):
        logits, label = torch.zeros(1, 3, 1, 2).double(), torch.tensor([[[2, 255]]])
        self.assertAlmostEqual(focal(logits, label).item(), 3 * 0.25 * np.log(2))
        self.assertAlmostEqual(sigmoid(logits, label).item(), 3 * np.log(2))

    def test_hard_pixels_are_those_of_each_image(self):
        logits = torch.tensor([[1.0, 4, 2, 3], [9, 8, 7, 6]]).reshape(2, 1, 1, 4)
        logits = torch.cat([logits, torch.zeros(2, 1, 1, 4)], 1).double()
        label = torch.tensor([[0, 0, 0, 255], [0, 0, 0, 0]]).reshape(2, 1, 4)
        self.assertEqual(hard_pixels(logits, label, 0.5).int().tolist(), [[[1, 0, 1, 0]], [[0, 0, 1, 1]]])


if __name__ == '__main__':
    unittest.main()
