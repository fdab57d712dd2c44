"""backbones.safetensors: logits and gradients of the networks on other backbones than VGG-16, and of other ways to fuse scores, thin.

Weights of MODEL on backbone B: those of its parameters in `B/weights/` (which its networks share) and in `MODEL/weights/` (the head), or in `NAME/weights/`.
`images/I` [N, 3, H, W] -> `NAME/logits/I` [N, K, H, W]. `NAME/gradients/PARAMETER` are those of the mean loss of image 0
with `label` [N, H, W], without dropout. Metadata `networks`: JSON [{name, model, width, fusion, headWidth where it is not the width}]; `numClasses`; `images`: their number.
"""

import copy
import json
import math

import numpy as np
import torch

from fcn import is_deconvolution
from fixture_operators import case_random, normal, stored
from learning import pixel_loss
from models import SMALL_MODELS, VGG16_MODELS, build

# Even channels remain where there are two groups.
WIDTHS = {'alexnet': 1 / 64, 'squeezenet': 1 / 16, 'mobilenetv2': 1 / 16, 'googlenet': 1 / 16, 'vgg16': 1 / 64, 'vgg19': 1 / 64}
FUSIONS = (('fcn8s', 'max'), ('fcn16s', 'finest'), ('fcn8s', 'finest'), ('fcn16s-mobilenetv2', 'max'),
           ('fcn16s-mobilenetv2', 'finest'), ('fcn8s-mobilenetv2', 'finest'))
WIDE_HEAD = {'name': 'deeplabv3-mobilenetv2, wide head', 'model': 'deeplabv3-mobilenetv2', 'fusion': 'sum', 'headWidth': 1 / 8}
NETWORKS = (*({'name': model, 'model': model, 'fusion': 'sum'} for model in SMALL_MODELS),
            *({'name': f'{model}, {fusion}', 'model': model, 'fusion': fusion} for model, fusion in FUSIONS), WIDE_HEAD)
CLASSES = 3
IMAGES = ((1, 3, 64, 48), (1, 3, 61, 47), (2, 3, 33, 40))


def is_of_head(name):
    return name.startswith(('score', 'upscore'))


def backbone_of(model):
    return 'vgg16' if model in VGG16_MODELS else model.split('-')[-1]


def weight_key(model, name):
    return f'{model}/weights/{name}' if is_of_head(name) else f'{backbone_of(model)}/weights/{name}'


def random_weight(model, name, shape):
    """Normal numbers that keep activations alive; no weight is 0 or can be exchanged for another."""
    values = normal(weight_key(model, name), *shape)
    if name.endswith('.bias'):
        return stored(0.1 + 0.1 * values)
    if is_deconvolution(name):
        size = shape[2]
        ramp = 1 - np.abs(np.arange(size) - (size - 1) / 2) / ((size + 1) // 2)
        return stored(np.eye(shape[0])[:, :, None, None] * np.outer(ramp, ramp) + 0.1 * values)
    if not name.startswith(('conv1.', 'score')) and shape[1] > 1:
        # Without a mean over its inputs a filter answers to the image, not to the level that ReLUs and biases add up.
        values -= values.mean(axis=(1, 2, 3), keepdims=True)
    gain = 1 if is_of_head(name) or '_project' in name else math.sqrt(2)
    return stored(values * gain / math.sqrt(math.prod(shape[1:])))


def random_network(model, num_classes, width, fusion='sum', head_width=None):
    """A float64 network whose weights float32 can hold exactly."""
    network = build(model, num_classes, width, dropout=0, fusion=fusion, head_width=head_width).double()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(torch.from_numpy(random_weight(model, name, parameter.shape)))
    return network


def gradients_of(network, image, label):
    pixel_loss(network(image), label, 'mean').backward()
    return {name: parameter.grad.numpy() for name, parameter in network.named_parameters()}


def check_stability(model, network, image, label, logits, gradients):
    """Values that rounding can move are no yardstick: a ReLU or pooling that flips by chance shows in float32."""
    single = copy.deepcopy(network).float()
    found = gradients_of(single, image.float(), label)
    zero = [name for name, each in gradients.items() if not each.any()]
    if zero:
        raise SystemExit(f'{model}: the gradients of {", ".join(zero)} are zero and show nothing; choose other random numbers')
    with torch.no_grad():
        logits_error = (single(image.float()) - logits).abs().max() / logits.abs().max()
    error = max(np.abs(found[name] - each).max() / np.abs(each).max() for name, each in gradients.items())
    print(f'{model}: rounding moves logits by {logits_error:.1e} and gradients by {error:.1e}')
    if not error < 1e-4 or not logits_error < 1e-5:
        raise SystemExit(f'{model}: rounding decides; choose other random numbers')


def backbones():
    images = [stored(normal(f'backbones/{index}', *shape)) for index, shape in enumerate(IMAGES)]
    label = case_random('backbones/label').choice([*range(CLASSES), 255], (1, *IMAGES[0][2:])).astype('uint8')
    tensors = {'label': label} | {f'images/{index}': image.astype('float32') for index, image in enumerate(images)}
    for case in NETWORKS:
        key, model = case['name'], case['model']
        network = random_network(model, CLASSES, WIDTHS[backbone_of(model)], case['fusion'], case.get('headWidth')).eval()
        for name, parameter in network.named_parameters():
            own = 'headWidth' in case and not name.startswith(('conv', 'block'))  # of another shape than in the network without it
            place = f'{key}/weights/{name}' if own else weight_key(model, name)
            tensors[place] = parameter.detach().numpy().astype('float32')
        with torch.no_grad():
            logits = [network(torch.from_numpy(image)) for image in images]
        for index, each in enumerate(logits):
            tensors[f'{key}/logits/{index}'] = each.numpy().astype('float32')
        arguments = torch.from_numpy(images[0]), torch.from_numpy(label)
        gradients = gradients_of(copy.deepcopy(network), *arguments)
        check_stability(key, network, *arguments, logits[0], gradients)
        tensors |= {f'{key}/gradients/{name}': each.astype('float32') for name, each in gradients.items()}
    networks = [{**case, 'width': WIDTHS[backbone_of(case['model'])]} for case in NETWORKS]
    return tensors, {'networks': json.dumps(networks), 'numClasses': str(CLASSES), 'images': str(len(IMAGES))}
