"""channels.safetensors: networks for images of other channels than RGB, their logits, and 20 steps of SGD in float64.

Case NAME has `NAME/initial/`, the `NAME/logits/I` [1, K, H, W] of each of the `images/I` [1, 4, H, W] with these weights, and the steps as
fixture_training.py has them: `NAME/masks/S/LAYER` (of late fusion `STREAM.fc6` and so on), `NAME/losses`, `NAME/final/`. The labels are
`labels/I`. Metadata `channels`: JSON like that of training.safetensors; a case has `channels`, or `streams`: [[name, channels], ...].
"""

import json

import numpy as np
import torch

from fcn import FCN
from fixture_networks import random_weight
from fixture_operators import case_random, stored
from fixture_training import CLASSES, SHARES, STEPS, WEIGHT_DECAY, WIDTH, check_runs
from late_fusion import LateFusion
from learning import is_frozen, pixel_loss, sgd

CHANNELS = 4
SIZES = ((20, 26), (27, 18))
MOMENTUM = 0.9
# What learns in all layers of two streams amplifies rounding too much to be a yardstick.
EARLY = [f'{stream}.conv{block}_*' for stream in ('color', 'depth') for block in (1, 2, 3)]
CASES = (
    {'name': 'four-channels', 'model': 'fcn8s', 'channels': CHANNELS, 'loss': 'mean', 'learningRate': 2.5e-3, 'dropout': 0.5},
    {'name': 'late-fusion', 'model': 'fcn32s', 'streams': [['color', 3], ['depth', 1]], 'loss': 'mean', 'learningRate': 1e-3,
     'dropout': 0.5, 'frozen': [*EARLY, 'upscore']},
    {'name': 'late-fusion-skips-1', 'model': 'fcn8s', 'streams': [['color', 3], ['depth', 1]], 'loss': 'mean', 'learningRate': 5e-4,
     'dropout': 0, 'frozen': [*EARLY, 'upscore8']},
)


def picture(index):
    """Blocks of classes, each with a color and a depth of its own under noise, and some void pixels. [1, 4, H, W], [1, H, W]"""
    height, width = SIZES[index]
    random = case_random(f'channels/{index}')
    coarse = random.choice(CLASSES, (height // 10 + 1, width // 10 + 1), p=SHARES)
    label = coarse.repeat(10, 0).repeat(10, 1)[:height, :width]
    values = 2 * case_random('channels/values').standard_normal((CLASSES, CHANNELS))
    image = values[label] + 0.5 * random.standard_normal((height, width, CHANNELS))
    label = np.where(random.random(label.shape) < 0.1, 255, label).astype('uint8')
    return stored(image.transpose(2, 0, 1)[None]), label[None]


def build(case):
    if 'streams' in case:
        return LateFusion(case['model'], dict(case['streams']), CLASSES, WIDTH, case['dropout']).double()
    return FCN(case['model'], CLASSES, WIDTH, case['dropout'], case['channels']).double()


def initial_of(case):
    layers = {name: '.'.join(name.split('.')[-2:]) for name in build(case).state_dict()}  # without their stream
    return {name: random_weight(case['model'], layers[name], parameter.shape, f'channels/{case["name"]}/{name}')
            for name, parameter in build(case).named_parameters()}


def mask_names(case):
    prefixes = [f'{name}.' for name, _ in case.get('streams', ())] or ['']
    return [f'{prefix}{layer}' for prefix in prefixes for layer in ('fc6', 'fc7')]


def draw_masks(case, images):
    """Dropout masks of every step, in the order of mask_names; None at rate 0."""
    if case['dropout'] == 0:
        return [None] * STEPS
    network = build(case)
    shapes = []
    layer = getattr(network, case['streams'][0][0]).fc6 if 'streams' in case else network.fc6
    layer.register_forward_hook(lambda _layer, _input, output: shapes.append(output.shape))
    with torch.no_grad():
        for image, _ in images:
            network(torch.from_numpy(image))
    random = case_random(f'{case["name"]}/masks')
    keep = 1 - case['dropout']
    return [tuple((random.random(shapes[step % len(images)]) < keep).astype('uint8') for _ in mask_names(case)) for step in range(STEPS)]


def run(case, initial, images, masks, dtype=torch.float64):
    """Trains; returns the losses and the final learned weights."""
    network = build(case)
    network.load_state_dict({name: torch.from_numpy(np.array(weight)) for name, weight in initial.items()})
    network.to(dtype).train()
    frozen = case.get('frozen', ())
    optimizer = sgd(network, case['learningRate'], MOMENTUM, WEIGHT_DECAY, frozen=frozen)
    losses = []
    for step in range(STEPS):
        image, label = images[step % len(images)]
        given = {} if masks[step] is None else {'masks': [torch.from_numpy(mask) for mask in masks[step]]}
        optimizer.zero_grad()
        loss = pixel_loss(network(torch.from_numpy(image).to(dtype), **given), torch.from_numpy(label), case['loss'])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    final = {name: weight.detach().double().numpy() for name, weight in network.state_dict().items()}
    return np.array(losses), {name: weight for name, weight in final.items() if not is_frozen(name, frozen)}


def channels():
    images = [picture(index) for index in range(len(SIZES))]
    tensors = {}
    for index, (image, label) in enumerate(images):
        tensors[f'images/{index}'] = image.astype('float32')
        tensors[f'labels/{index}'] = label
    for case in CASES:
        name = case['name']
        initial = initial_of(case)
        masks = draw_masks(case, images)
        losses, final = run(case, initial, images, masks)
        check_runs(name, initial, len(images), (losses, final), lambda start, dtype: run(case, start, images, masks, dtype))
        network = build(case).eval()
        network.load_state_dict({key: torch.from_numpy(np.array(weight)) for key, weight in initial.items()})
        for index, (image, _) in enumerate(images):
            with torch.no_grad():
                tensors[f'{name}/logits/{index}'] = network(torch.from_numpy(image)).numpy().astype('float32')
        for key, weight in initial.items():
            tensors[f'{name}/initial/{key}'] = weight.astype('float32')
        for key, weight in final.items():
            tensors[f'{name}/final/{key}'] = weight.astype('float32')
        for step, drawn in enumerate(masks):
            for layer, mask in zip(mask_names(case), drawn or ()):
                tensors[f'{name}/masks/{step}/{layer}'] = mask
        tensors[f'{name}/losses'] = losses.astype('float32')
    order = [step % len(images) for step in range(STEPS)]
    settings = {'width': WIDTH, 'numClasses': CLASSES, 'momentum': MOMENTUM, 'weightDecay': WEIGHT_DECAY}
    return tensors, {'channels': json.dumps({**settings, 'cases': [{**case, 'images': order} for case in CASES]})}
