"""networks.safetensors: logits of all four networks, thin, with weights of which every one matters.

Weights of network NAME: all of `weights/` (conv1_1 ... fc7, which the networks share) and of `NAME/weights/` (the rest).
`NAME/0/image` [N, 3, H, W] -> `NAME/0/logits` [N, K, H, W], then `NAME/1/...`. Metadata `networks`: JSON
{width, numClasses, names}.
"""

import json
import math

import numpy as np
import torch

from fcn import FCN, MODELS, is_deconvolution
from fixture_operators import normal, stored

WIDTH = 3 / 128  # 2, 3, 6, 12, 12 and 96 channels
CLASSES = 5
IMAGES = ((1, 3, 37, 50), (2, 3, 32, 25))

# At once scales pools 4 and 3 down; larger score weights keep their share of the logits visible.
AT_ONCE_GAIN = {'score_pool4.weight': 100, 'score_pool3.weight': 10000}


def is_shared(name):
    """Whether a parameter is one of VGG-16's, which the networks have in common."""
    return name.startswith(('conv', 'fc'))


def bilinear(size):
    """The kernel of bilinear interpolation by a factor of size / 2. [size, size]"""
    ramp = 1 - np.abs(np.arange(size) - (size - 1) / 2) / (size / 2)
    return np.outer(ramp, ramp)


def random_weight(model, name, shape, key=None):
    """Normal numbers that keep activations alive: He et al. 2015 where a ReLU follows, else unit gain."""
    values = normal(key or (f'weights/{name}' if is_shared(name) else f'weights/{model}/{name}'), *shape)
    if name.endswith('.bias'):
        return stored(0.1 + 0.1 * values)
    if is_deconvolution(name):
        # Noise over bilinear interpolation, channel by channel: no weight is 0 or can be exchanged for another.
        return stored(np.eye(shape[0])[:, :, None, None] * bilinear(shape[2]) + 0.1 * values)
    # Without a mean over its inputs a filter answers to the image, not to the level that ReLUs and biases add up.
    values -= values.mean(axis=(1, 2, 3), keepdims=True)
    gain = math.sqrt(2) if is_shared(name) else AT_ONCE_GAIN.get(name, 1) if model == 'fcn8s-atonce' else 1
    return stored(values * gain / math.sqrt(math.prod(shape[1:])))


def random_network(model, num_classes, width, dropout):
    """A float64 network whose weights float32 can hold exactly."""
    network = FCN(model, num_classes, width, dropout).double()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(torch.from_numpy(random_weight(model, name, parameter.shape)))
    return network


def weight_key(model, name):
    return f'weights/{name}' if is_shared(name) else f'{model}/weights/{name}'


def networks():
    tensors = {}
    for model in MODELS:
        network = random_network(model, CLASSES, WIDTH, dropout=0.5).eval()
        for name, parameter in network.named_parameters():
            tensors[weight_key(model, name)] = parameter.detach().numpy().astype('float32')
        for index, shape in enumerate(IMAGES):
            image = stored(3 * normal(f'{model}/{index}/image', *shape))
            with torch.no_grad():
                logits = network(torch.from_numpy(image)).numpy()
            tensors[f'{model}/{index}/image'] = image.astype('float32')
            tensors[f'{model}/{index}/logits'] = logits.astype('float32')
    return tensors, {'networks': json.dumps({'width': WIDTH, 'numClasses': CLASSES, 'names': MODELS})}
