"""resnets.safetensors: networks on ResNets, thin: scores, gradients in both ways to normalize, and 20 steps of SGD.

Weights of network NAME under our names: `NAME/weights/PARAMETER`, running averages among them. `images/I` [N, 3, H, W] ->
`NAME/logits/I`. `NAME/MODE/gradients/PARAMETER` (MODE: batch or running) are those of the mean loss of `training/images/0`, half of the auxiliary head's added where there is one, and `NAME/MODE/loss` that loss. `training/losses` and `/final/`: 20 steps of
the first network on `training/images/I` and `training/labels/I`, I = step mod images, from its weights; running averages are among both.
Metadata `networks`: JSON [{name, width, modes}]; `numClasses`; `images`; `torchvisionNames`: JSON, from
the names in the first network's state dict to ours; `learningRate`, `momentum`, `weightDecay`.
"""

import copy
import json
import math

import numpy as np
import torch
from torch import nn

from fcn import is_deconvolution
from fixture_operators import case_random, normal, stored
from learning import pixel_loss, sgd
from resnets import ResNetFCN, our_name, torchvision_fcn

WIDTH = 1 / 32
# Networks, and the ways to normalize in which their gradients are kept.
NETWORKS = {'fcn-resnet50': ('batch', 'running'), 'fcn-resnet101': (), 'fcn32s-resnet50': (), 'fcn16s-resnet50': (),
            'fcn8s-resnet50': ('running',)}
CLASSES = 3
IMAGES = ((1, 3, 61, 47), (2, 3, 33, 40))
TRAINING_IMAGES = ((2, 3, 80, 96), (2, 3, 72, 64), (2, 3, 65, 80))
STEPS, MOMENTUM, WEIGHT_DECAY = 20, 0.9, 5e-4
LEARNING_RATE = 1e-3


def build(name):
    make = torchvision_fcn if name.startswith('fcn-') else ResNetFCN
    return make(name, CLASSES, WIDTH, 0)


def random_value(key, shape, part, layer):
    values = normal(key, *shape)
    if part == 'running_var':
        return 0.5 + values ** 2
    if part in ('running_mean', 'bias'):
        return 0.1 * values
    if len(shape) == 1:  # of a normalization; the last of a block adds little, so that a deep sum does not amplify rounding
        return 0.1 + 0.03 * values if layer.endswith('bn3') else 1 + 0.1 * values
    if is_deconvolution(layer):
        ramp = 1 - np.abs(np.arange(shape[2]) - (shape[2] - 1) / 2) / ((shape[2] + 1) // 2)
        return np.eye(shape[0])[:, :, None, None] * np.outer(ramp, ramp) + 0.1 * values
    return values * math.sqrt((1 if layer.startswith('score') else 2) / math.prod(shape[1:]))


def random_network(name):
    return randomize(name, build(name).double())


def randomize(name, network):
    state = {key: value for key, value in network.state_dict().items() if value.is_floating_point()}
    for key, value in state.items():
        layer, part = our_name(key).rsplit('.', 1)
        value.copy_(torch.from_numpy(stored(random_value(f'{name}/{our_name(key)}', value.shape, part, layer))))
    return network


def tensors_of(network):
    return {our_name(key): value.detach().numpy().copy() for key, value in network.state_dict().items()
            if value.is_floating_point()}


def loss_of(network, image, label):
    scores = network(image)
    if not isinstance(scores, dict):
        return pixel_loss(scores, label, 'mean')
    # references/segmentation/train.py of torchvision
    return pixel_loss(scores['out'], label, 'mean') + 0.5 * pixel_loss(scores['aux'], label, 'mean')


def scores_of(network, image):
    with torch.no_grad():
        scores = network(image)
    return scores['out'] if isinstance(scores, dict) else scores


def gradients_of(network, image, label, mode):
    network = copy.deepcopy(network).train(mode == 'batch')
    loss = loss_of(network, image, label)
    loss.backward()
    return loss.item(), {our_name(key): each.grad.numpy() for key, each in network.named_parameters()}


def check_stability(name, network, image, label, mode, gradients):
    _, found = gradients_of(copy.deepcopy(network).float(), image.float(), label, mode)
    error = max(np.abs(found[key] - each).max() / np.abs(each).max() for key, each in gradients.items())
    print(f'{name}: {mode}: rounding moves gradients by {error:.1e}')
    if not error < 3e-4:  # fifty layers deep, and normalized by few pixels
        raise SystemExit(f'{name}: rounding decides; choose other random numbers')


def part_of(name):
    """What is compared as one: by width 1/32 some layers have two numbers, which one ReLU that flips by chance can move."""
    return 'running' if 'running' in name else name.split('.')[0]


def distance(one, other, part):
    return math.sqrt(sum(np.sum((one[key] - other[key]) ** 2) for key in one if part_of(key) == part))


def training_data():
    images, labels = [], []
    for index, shape in enumerate(TRAINING_IMAGES):
        images.append(torch.from_numpy(stored(normal(f'resnets/training/{index}', *shape))))
        random = case_random(f'resnets/labels/{index}')
        coarse = random.choice(CLASSES, (shape[0], shape[2] // 8 + 1, shape[3] // 8 + 1), p=(0.1, 0.7, 0.2))
        label = coarse.repeat(8, 1).repeat(8, 2)[:, :shape[2], :shape[3]]
        labels.append(torch.from_numpy(np.where(random.random(label.shape) < 0.1, 255, label).astype('uint8')))
    return images, labels


def train(network, images, labels):
    network.train()
    optimizer = sgd(network, LEARNING_RATE, MOMENTUM, WEIGHT_DECAY)
    losses = []
    for step in range(STEPS):
        index = step % len(images)
        optimizer.zero_grad()
        loss = loss_of(network, images[index], labels[index])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses), tensors_of(network)


def resnets():
    scored = [torch.from_numpy(stored(normal(f'resnets/{index}', *shape))) for index, shape in enumerate(IMAGES)]
    images, labels = training_data()
    tensors = {f'images/{index}': each.numpy().astype('float32') for index, each in enumerate(scored)}
    tensors |= {f'training/images/{index}': each.numpy().astype('float32') for index, each in enumerate(images)}
    tensors |= {f'training/labels/{index}': each.numpy() for index, each in enumerate(labels)}

    def keep(prefix, values):
        tensors.update({f'{prefix}/{key}': np.asarray(each, 'float32') for key, each in values.items()})

    for name, modes in NETWORKS.items():
        network = random_network(name).eval()
        keep(f'{name}/weights', tensors_of(network))
        keep(f'{name}/logits', {index: scores_of(network, image).numpy() for index, image in enumerate(scored)})
        for mode in modes:
            loss, gradients = gradients_of(network, images[0], labels[0], mode)
            check_stability(name, network, images[0], labels[0], mode, gradients)
            keep(f'{name}/{mode}/gradients', gradients)
            tensors[f'{name}/{mode}/loss'] = np.asarray(loss, 'float32')

    first = random_network('fcn-resnet50')
    initial = tensors_of(first)
    losses, final = train(copy.deepcopy(first), images, labels)
    others = [train(copy.deepcopy(first).float(), [image.float() for image in images], labels)]
    for trial in range(12):  # as in fixture_training.py
        nudged = copy.deepcopy(first)
        with torch.no_grad():
            for key, each in nudged.named_parameters():
                each.mul_(1 + 2e-7 * torch.from_numpy(normal(f'nudge/{trial}/{key}', *each.shape)))
        others.append(train(nudged, images, labels))
    loss_error = max(np.abs(other / losses - 1).max() for other, _ in others)
    parts = sorted({part_of(key) for key in final})
    drift = max(distance(other, final, part) / distance(final, initial, part) for _, other in others for part in parts)
    print(f'20 steps: {losses.round(3)}; rounding moves losses by {loss_error:.1e} and the final weights by {drift:.1e} of their way')
    if not drift < 0.025 or not loss_error < 5e-4:  # half of what the test allows
        raise SystemExit('20 steps: rounding decides; choose another learning rate')
    keep('training/final', final)
    tensors['training/losses'] = losses.astype('float32')
    names = {key: our_name(key) for key, value in first.state_dict().items() if value.is_floating_point()}
    networks = [{'name': name, 'width': WIDTH, 'modes': modes} for name, modes in NETWORKS.items()]
    return tensors, {'networks': json.dumps(networks), 'numClasses': str(CLASSES), 'images': str(len(IMAGES)),
                     'torchvisionNames': json.dumps(names),
                     'learningRate': str(LEARNING_RATE), 'momentum': str(MOMENTUM), 'weightDecay': str(WEIGHT_DECAY)}
