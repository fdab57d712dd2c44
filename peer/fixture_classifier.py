"""classifier.safetensors, vgg19_classifier.safetensors: a thin VGG-16 or 19 as torchvision writes it, and what its fc7 says of an image.

`features.N` and `classifier.N` (`.weight`, `.bias`): its state dict, float32. `image`: uint8 [3, 224, 224], RGB.
`fc7`: the features behind the second rectified linear unit of the classifier, of the image as torchvision normalizes it.
"""

import math

import numpy as np
import torch
from torch import nn

from fcn import BLOCKS, scaled
from fixture_operators import case_random, normal, stored

WIDTH = 1 / 64  # 1, 2, 4, 8, 8 and 64 channels
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def vgg(blocks, width, num_classes):
    """torchvision.models.vgg16 or vgg19, with the names of its state dict."""
    features, inputs = [], 3
    for channels, depth in blocks:
        for _ in range(depth):
            features += [nn.Conv2d(inputs, scaled(channels, width), 3, padding=1), nn.ReLU()]
            inputs = scaled(channels, width)
        features.append(nn.MaxPool2d(2, 2))
    hidden = scaled(4096, width)
    classifier = [nn.Linear(inputs * 7 * 7, hidden), nn.ReLU(), nn.Dropout(), nn.Linear(hidden, hidden), nn.ReLU(),
                  nn.Dropout(), nn.Linear(hidden, num_classes)]
    return nn.ModuleDict({'features': nn.Sequential(*features), 'classifier': nn.Sequential(*classifier)})


def classifier(blocks=BLOCKS['vgg16'], key='classifier'):
    network = vgg(blocks, WIDTH, num_classes=10).double().eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            values = normal(f'{key}/{name}', *parameter.shape)
            # One channel of the first stage must not be switched off by chance.
            scale = 0.1 if name.endswith('bias') else math.sqrt(2 / math.prod(parameter.shape[1:]))
            parameter.copy_(torch.from_numpy(stored(abs(values) * scale if name.endswith('bias') else values * scale)))
        pixels = case_random('classifier/image').integers(0, 256, (3, 28, 28)).repeat(8, axis=1).repeat(8, axis=2)
        image = (pixels / 255 - np.reshape(MEAN, (3, 1, 1))) / np.reshape(DEVIATION, (3, 1, 1))
        maps = network['features'](torch.from_numpy(image)[None])
        fc7 = network['classifier'][:5](maps.flatten(1))
    tensors = {name: value.numpy().astype('float32') for name, value in network.state_dict().items()}
    return tensors | {'image': pixels.astype('uint8'), 'fc7': fc7.numpy().astype('float32')}, None


def vgg19_classifier():
    return classifier(BLOCKS['vgg19'], 'vgg19_classifier')
