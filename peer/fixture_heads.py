"""heads.safetensors: networks with two heads, in float64: logits, and 20 steps of SGD on the sum of two losses.

As the reference networks for SIFT Flow (siftflow-fcn16s/net.py): score layers and deconvolutions for each labeling, on one VGG-16. Here
they are two networks that have the layers of VGG-16 in common; the second head's parameters end in `_geometric`.

Case NAME starts from `initial/` (conv1_1 ... fc7, which the cases share) and `NAME/initial/` (the rest). Step s trains on `images/I`,
`labels/I` and `labels_geometric/I`, I = images[s], with dropout masks `NAME/masks/S/fc6` and `/fc7` where the rate is not 0. `NAME/logits/I` and `NAME/logits_geometric/I` are those of the initial weights. It
ends with `NAME/losses` [steps], each taken before its update, and `NAME/final/`. Metadata `heads`: JSON {width, classes, momentum,
weightDecay, cases}; see CASES.
"""

import json

import numpy as np
import torch

from fixture_networks import is_shared, random_network
from fixture_operators import case_random
from fixture_training import CLASSES, MOMENTUM, SIZES, STEPS, WEIGHT_DECAY, WIDTH, draw_masks, picture
from learning import loss_divisor, pixel_loss, sgd

HEADS = {'': CLASSES, '_geometric': 3}

CASES = (
    {'name': 'fcn16s-sum', 'model': 'fcn16s', 'loss': 'sum', 'learningRate': 2e-7, 'dropout': 0},
    {'name': 'atonce-mean', 'model': 'fcn8s-atonce', 'loss': 'mean', 'learningRate': 1.5e-3, 'dropout': 0.25,
     'classWeights': [0.5, 1.5, 2, 0.75, 1.25, 0.5, 3]},
)


class TwoHeads(torch.nn.Module):
    """Two networks of which the second has the first one's layers of VGG-16."""

    def __init__(self, case):
        super().__init__()
        self.networks = torch.nn.ModuleList()
        for suffix, classes in HEADS.items():
            network = random_network(case['model'], classes, WIDTH, case['dropout'])
            for name, layer in self.networks[0].named_children() if suffix else ():
                if is_shared(name):
                    setattr(network, name, layer)
            self.networks.append(network)

    def forward(self, image, masks=(None, None)):
        return [network(image, masks) for network in self.networks]

    def by_name(self):
        """The parameters by the names of the weights file."""
        parameters = {}
        for network, suffix in zip(self.networks, HEADS):
            for name, parameter in network.named_parameters():
                layer, kind = name.split('.')
                parameters[name if is_shared(name) else f'{layer}{suffix}.{kind}'] = parameter
        return parameters

    def weights(self):
        return {name: parameter.detach().numpy().copy() for name, parameter in self.by_name().items()}


class Named(torch.nn.Module):
    """Gives parameters the names by which an optimizer groups them."""

    def __init__(self, parameters):
        super().__init__()
        self.parameters_by_name = parameters

    def named_parameters(self, *_, **__):
        return self.parameters_by_name.items()


def geometry(index):
    """Labels of another kind, larger blocks, with void pixels of their own. [1, H, W]"""
    height, width = SIZES[index]
    random = case_random(f'heads/{index}')
    label = random.integers(0, 3, (height // 15 + 1, width // 15 + 1)).repeat(15, 0).repeat(15, 1)[:height, :width]
    return np.where(random.random(label.shape) < 0.3, 255, label).astype('uint8')[None]


def joint_loss(case, logits, labels):
    """The sum of both losses; as a mean, over the mean number of pixels that count in a labeling."""
    weights = case.get('classWeights')
    of_head = (None, None) if weights is None else (weights[:CLASSES], weights[CLASSES:])
    given = [torch.from_numpy(label) for label in labels]
    total = sum(pixel_loss(scores, label, 'sum', own) for scores, label, own in zip(logits, given, of_head))
    if case['loss'] == 'sum':
        return total
    return total / (sum(loss_divisor(label, own) for label, own in zip(given, of_head)) / len(HEADS))


def run(case, initial, samples, masks, dtype=torch.float64):
    network = TwoHeads(case)
    with torch.no_grad():
        for name, parameter in network.by_name().items():
            parameter.copy_(torch.from_numpy(initial[name]))
    network.to(dtype).train()
    optimizer = sgd(Named(network.by_name()), case['learningRate'], MOMENTUM, WEIGHT_DECAY)
    losses = []
    for step in range(STEPS):
        image, *labels = samples[step % len(samples)]
        given = [None if mask is None else torch.from_numpy(mask) for mask in masks[step]]
        optimizer.zero_grad()
        loss = joint_loss(case, network(torch.from_numpy(image).to(dtype), given), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses), network.weights()


def heads():
    samples = [(*picture(index), geometry(index)) for index in range(len(SIZES))]
    tensors = {}
    for index, arrays in enumerate(samples):
        for name, array in zip(('images', 'labels', 'labels_geometric'), arrays):
            tensors[f'{name}/{index}'] = array.astype('float32') if name == 'images' else array
    for case in CASES:
        name = case['name']
        network = TwoHeads(case)
        initial = network.weights()
        masks = draw_masks(case, network.networks[0], [sample[:2] for sample in samples])
        losses, final = run(case, initial, samples, masks)
        check_stability(case, initial, samples, masks, losses, final)
        network.eval()
        for index, (image, *_) in enumerate(samples):
            with torch.no_grad():
                for suffix, logits in zip(HEADS, network(torch.from_numpy(image))):
                    tensors[f'{name}/logits{suffix}/{index}'] = logits.numpy().astype('float32')
        for key, weight in initial.items():
            tensors[f'initial/{key}' if is_shared(key) else f'{name}/initial/{key}'] = weight.astype('float32')
            tensors[f'{name}/final/{key}'] = final[key].astype('float32')
        for step, pair in enumerate(masks):
            for layer, mask in zip(('fc6', 'fc7'), pair):
                if mask is not None:
                    tensors[f'{name}/masks/{step}/{layer}'] = mask
        tensors[f'{name}/losses'] = losses.astype('float32')
    order = [step % len(samples) for step in range(STEPS)]
    description = {'width': WIDTH, 'classes': HEADS, 'momentum': MOMENTUM, 'weightDecay': WEIGHT_DECAY,
                   'cases': [{**case, 'images': order} for case in CASES]}
    return tensors, {'heads': json.dumps(description)}


def check_stability(case, initial, samples, masks, losses, final):
    """A run is a yardstick only if it learns and does not amplify rounding (as in fixture_training.py)."""
    runs = [run(case, initial, samples, masks, torch.float32)]
    for nudge in range(3):
        random = case_random(f'{case["name"]}/heads/{nudge}')
        nudged = {key: weight * (1 + 1e-7 * random.standard_normal(weight.shape)) for key, weight in initial.items()}
        runs.append(run(case, nudged, samples, masks))
    loss_error = max(np.abs(other / losses - 1).max() for other, _ in runs)
    drift = max(np.linalg.norm(other[key] - final[key]) / np.linalg.norm(final[key] - initial[key])
                for _, other in runs for key in final)
    cycle = len(samples)
    gain = losses[:cycle].sum() / losses[-cycle:].sum()
    print(f'{case["name"]}: loss falls by a factor of {gain:.2f}; rounding moves it by {loss_error:.1e} and the final weights by '
          f'{drift:.1e} of their way')
    if loss_error > 2e-5 or drift > 0.01 or gain < 1.1:
        raise SystemExit(f'{case["name"]}: not a stable, learning run; choose another learning rate')
