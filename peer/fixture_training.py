"""training.safetensors: 20 steps of SGD in float64, from initial to final weights.

Case NAME starts from `initial/` (conv1_1 ... fc7, which the cases share) and `NAME/initial/` (the rest). Step s trains
on `images/I` [1, 3, H, W] and `labels/I` [1, H, W], I = images[s], with dropout masks `NAME/masks/S/fc6` and `/fc7`
(uint8) when the rate is not 0. It ends with `NAME/losses` [steps], each taken before its update, and `NAME/final/`,
which holds the learned parameters; a case with `ema` has their moving averages in `NAME/average/`.
Metadata `training`: JSON {width, numClasses, momentum, weightDecay, biasRate, cases}; see CASES. Deconvolutions learn.
A case may have classWeights, frozen, headRate and ema, as in config.json of a run.
"""

import json

import numpy as np
import torch

from fcn import load_weights, weights_of
from fixture_networks import is_shared, random_network
from fixture_operators import case_random, normal, stored
from learning import is_frozen, pixel_loss, sgd

WIDTH = 1 / 64  # 1, 2, 4, 8, 8 and 64 channels
CLASSES = 4
STEPS = 20
MOMENTUM = 0.99
WEIGHT_DECAY = 5e-4
SIZES = ((33, 40), (48, 31), (40, 48))
SHARES = (0.05, 0.8, 0.05, 0.1)  # of the classes: uneven, so that a few steps have something to learn

CASES = (
    {'name': 'fcn8s-mean', 'model': 'fcn8s', 'loss': 'mean', 'learningRate': 1.19e-3, 'dropout': 0.5},
    {'name': 'fcn8s-sum', 'model': 'fcn8s', 'loss': 'sum', 'learningRate': 2.693e-7, 'dropout': 0},
    {'name': 'atonce-mean', 'model': 'fcn8s-atonce', 'loss': 'mean', 'learningRate': 4.04e-3, 'dropout': 0.25},
    {'name': 'fcn16s-settings', 'model': 'fcn16s', 'loss': 'mean', 'learningRate': 5e-4, 'dropout': 0,
     'classWeights': [0.5, 1.5, 2, 0.75], 'frozen': ['conv1_*', 'conv2_1', 'upscore2'], 'headRate': 10, 'ema': 0.5},
)


def picture(index):
    """Blocks of classes, each with a color of its own under noise, and some void pixels. [1, 3, H, W], [1, H, W]"""
    height, width = SIZES[index]
    random = case_random(f'training/{index}')
    coarse = random.choice(CLASSES, (height // 10 + 1, width // 10 + 1), p=SHARES)
    label = coarse.repeat(10, 0).repeat(10, 1)[:height, :width]
    colors = 2 * case_random('training/colours').standard_normal((CLASSES, 3))
    image = colors[label] + 0.5 * random.standard_normal((height, width, 3))
    label = np.where(random.random(label.shape) < 0.1, 255, label).astype('uint8')
    return stored(image.transpose(2, 0, 1)[None]), label[None]


def draw_masks(case, network, images):
    """Dropout masks of every step: [(fc6, fc7)] of uint8; (None, None) at rate 0."""
    if case['dropout'] == 0:
        return [(None, None)] * STEPS
    shapes = []
    hook = network.fc6.register_forward_hook(lambda _layer, _input, output: shapes.append(output.shape))
    with torch.no_grad():
        for image, _ in images:
            network(torch.from_numpy(image))
    hook.remove()
    random = case_random(f'{case["name"]}/masks')
    keep = 1 - case['dropout']
    return [tuple((random.random(shapes[step % len(images)]) < keep).astype('uint8') for _ in range(2))
            for step in range(STEPS)]


def run(case, initial, images, masks, dtype=torch.float64):
    """Trains; returns the losses, the final learned weights and their moving averages."""
    network = random_network(case['model'], CLASSES, WIDTH, case['dropout'])
    load_weights(network, initial)
    network.to(dtype).train()
    frozen = case.get('frozen', ())
    optimizer = sgd(network, case['learningRate'], MOMENTUM, WEIGHT_DECAY, frozen=frozen, head_rate=case.get('headRate', 1))
    average = moving_average(network, case.get('ema', 0))
    losses = []
    for step in range(STEPS):
        image, label = images[step % len(images)]
        given = [None if mask is None else torch.from_numpy(mask) for mask in masks[step]]
        optimizer.zero_grad()
        scores = network(torch.from_numpy(image).to(dtype), given)
        loss = pixel_loss(scores, torch.from_numpy(label), case['loss'], case.get('classWeights'))
        loss.backward()
        optimizer.step()
        average.update_parameters(network)
        losses.append(loss.item())

    def learned(weights):
        return {key: weight for key, weight in weights.items() if not is_frozen(key, frozen)}

    return np.array(losses), learned(weights_of(network, 'float64')), learned(weights_of(average.module, 'float64'))


def moving_average(network, decay):
    """PyTorch's, with the warm-up of TensorFlow's ExponentialMovingAverage: D = min(decay, (1 + t) / (10 + t))."""

    def follow(average, weight, count):  # count: updates before this one, and one for the copy at the start
        d = min(decay, count / (9 + count))
        return d * average + (1 - d) * weight

    average = torch.optim.swa_utils.AveragedModel(network, avg_fn=follow)
    average.update_parameters(network)  # the first one copies
    return average


def training():
    images = [picture(index) for index in range(len(SIZES))]
    tensors = {}
    for index, (image, label) in enumerate(images):
        tensors[f'images/{index}'] = image.astype('float32')
        tensors[f'labels/{index}'] = label
    for case in CASES:
        name = case['name']
        network = random_network(case['model'], CLASSES, WIDTH, case['dropout'])
        initial = weights_of(network, 'float64')
        masks = draw_masks(case, network, images)
        losses, final, average = run(case, initial, images, masks)
        check_stability(case, initial, images, masks, losses, final, average)

        for key, weight in initial.items():
            tensors[f'initial/{key}' if is_shared(key) else f'{name}/initial/{key}'] = weight.astype('float32')
        for key, weight in final.items():
            tensors[f'{name}/final/{key}'] = weight.astype('float32')
        for key, weight in average.items() if case.get('ema') else ():
            tensors[f'{name}/average/{key}'] = weight.astype('float32')
        for step, pair in enumerate(masks):
            for layer, mask in zip(('fc6', 'fc7'), pair):
                if mask is not None:
                    tensors[f'{name}/masks/{step}/{layer}'] = mask
        tensors[f'{name}/losses'] = losses.astype('float32')
    order = [step % len(images) for step in range(STEPS)]
    description = {
        'width': WIDTH,
        'numClasses': CLASSES,
        'momentum': MOMENTUM,
        'weightDecay': WEIGHT_DECAY,
        'biasRate': 2,
        'cases': [{**case, 'images': order} for case in CASES],
    }
    return tensors, {'training': json.dumps(description)}


def check_stability(case, initial, images, masks, losses, final, average):
    check_runs(case['name'], initial, len(images), (losses, final, average),
               lambda start, dtype: run(case, start, images, masks, dtype))


def check_runs(name, initial, cycle, reference, repeat):
    """A run is a yardstick only if it learns and does not amplify rounding: else this fails.

    A ReLU or a pooling that flips by chance may spare one float32 run and hit another, so several are tried: one in
    float32, the rest in float64 from initial weights that are off by a little more than rounding.
    `reference`: losses, then the weights at the end; `repeat(initial, dtype)` gives the same of another run; `cycle`: images.
    """
    losses, *ends = reference
    runs = [repeat(initial, torch.float32)]
    for trial in range(24):
        nudge = {key: 1 + 1e-6 * normal(f'nudge/{trial}/{key}', *weight.shape) for key, weight in initial.items()}
        runs.append(repeat({key: initial[key] * nudge[key] for key in initial}, torch.float64))

    def moved(end, key):
        return np.linalg.norm(end[key] - initial[key])

    loss_error = max(np.abs(other / losses - 1).max() for other, *_ in runs)
    drift = max(np.linalg.norm(other[key] - end[key]) / moved(end, key)
                for _, *others in runs for other, end in zip(others, ends) for key in end)
    final = ends[0]
    least = min(moved(final, key) / np.linalg.norm(initial[key]) for key in final)
    gain = losses[:cycle].sum() / losses[-cycle:].sum()
    print(f'{name}: loss falls by a factor of {gain:.2f}; rounding moves it by {loss_error:.1e} and the final '
          f'weights by {drift:.1e} of their way, which is at least {least:.1e} of their norm')
    if loss_error > 2e-5 or drift > 0.01 or gain < 1.2:
        raise SystemExit(f'{name}: not a stable, learning run; choose another learning rate')
