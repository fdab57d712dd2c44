"""optimizers.safetensors: 20 steps of every optimizer in float64, on a network of two layers.

The network is conv1 (3x3, zeros around it), ReLU, score_fr (1x1): names that say which is the head. Every case starts from
`initial/NAME` and its step s trains on `images` [2, 3, H, W] and `labels` [2, H, W] number s mod 4: `images/I`, `labels/I`.
It ends with `CASE/losses` [steps], each taken before its update, `CASE/norms` [steps], the length of the gradient before it is
clipped, `CASE/final/NAME`, and with `ema` `CASE/average/NAME`. Rates are those of the schedule.
Metadata `optimizers`: JSON {cases}, settings as in config.json of a run; the number of pixels differs between the images of a
batch, so that a mean of means would be another.
"""

import json

import numpy as np
import torch
from torch import nn

from fixture_operators import case_random, normal, stored
from fixture_training import moving_average
from learning import clip, optimizer_of, pixel_loss

CLASSES = 3
STEPS = 20
SIZE = (6, 7)

CASES = (
    {'name': 'sgd-nesterov', 'optimizer': 'sgd', 'learningRate': 0.05, 'momentum': 0.9, 'nesterov': True,
     'weightDecay': 0.02, 'headRate': 3},
    {'name': 'sgd-clip', 'optimizer': 'sgd', 'learningRate': 0.1, 'momentum': 0.9, 'weightDecay': 0.02, 'clip': 0.5},
    {'name': 'adamw', 'optimizer': 'adamw', 'learningRate': 0.02, 'momentum': 0, 'weightDecay': 0.2},
    {'name': 'adamw-settings', 'optimizer': 'adamw', 'learningRate': 0.02, 'momentum': 0, 'betas': [0.8, 0.99],
     'weightDecay': 0.1, 'clip': 0.5, 'headRate': 0.5, 'ema': 0.5},
)


class TwoLayers(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.score_fr = nn.Conv2d(4, CLASSES, 1)

    def forward(self, image):
        return self.score_fr(torch.relu(self.conv1(image)))


def network_of(initial):
    network = TwoLayers().double()
    network.load_state_dict({name: torch.from_numpy(weight) for name, weight in initial.items()})
    return network


def batch(index):
    """Noise over a color for each class; the second image is mostly void."""
    random = case_random(f'optimizers/{index}')
    label = random.integers(CLASSES, size=(2, *SIZE))
    image = normal('optimizers/colors', CLASSES, 3)[label].transpose(0, 3, 1, 2) + 0.5 * random.standard_normal((2, 3, *SIZE))
    void = random.random(label.shape) < np.array([0.1, 0.7])[:, None, None]
    return stored(image), np.where(void, 255, label).astype('uint8')


def run(case, initial, batches):
    network = network_of(initial)
    optimizer = optimizer_of(network, case)
    average = moving_average(network, case.get('ema', 0))
    losses, norms = [], []
    for step in range(STEPS):
        image, label = (torch.from_numpy(array) for array in batches[step % len(batches)])
        optimizer.zero_grad()
        loss = pixel_loss(network(image), label, 'mean')
        loss.backward()
        norms.append(clip(network, case).item())
        optimizer.step()
        average.update_parameters(network)
        losses.append(loss.item())
    return np.array(losses), np.array(norms), network, average.module


def optimizers():
    batches = [batch(index) for index in range(4)]
    initial = {name: stored(0.5 * normal(f'optimizers/{name}', *weight.shape))
               for name, weight in TwoLayers().state_dict().items()}
    tensors = {f'initial/{name}': weight for name, weight in initial.items()}
    for index, (image, label) in enumerate(batches):
        tensors[f'images/{index}'], tensors[f'labels/{index}'] = image, label
    for case in CASES:
        name, limit = case['name'], case.get('clip', 0)
        losses, norms, network, average = run(case, initial, batches)
        clipped = int((norms > limit).sum()) if limit else 0
        print(f'{name}: loss from {losses[:4].mean():.3f} to {losses[-4:].mean():.3f}, {clipped} of {STEPS} steps clipped')
        if limit and not 3 <= clipped <= STEPS - 3 or losses[-4:].mean() > 0.8 * losses[:4].mean():
            raise SystemExit(f'{name}: expected a run that learns and, where it clips, does so in some steps')
        tensors[f'{name}/losses'], tensors[f'{name}/norms'] = losses, norms
        for kind, module in (('final', network), ('average', average)):
            if kind == 'final' or case.get('ema'):
                for key, weight in module.state_dict().items():
                    tensors[f'{name}/{kind}/{key}'] = weight.numpy()
    as_stored = {name: each if each.dtype == np.uint8 else each.astype('float32') for name, each in tensors.items()}
    return as_stored, {'optimizers': json.dumps({'cases': CASES})}
