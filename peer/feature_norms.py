"""How large the features are that the score layers of a network read: python3 peer/feature_norms.py WEIGHTS.safetensors IMAGES...

Shelhamer et al. 2017, section 4.3: FCN-8s learns at once if its skips are multiplied by constants that make the norms of the streams'
features about equal. WEIGHTS is a file of fcn, as `fcn train` and `fcn convert` write them. For each score layer, prints the mean over all pixels of the
length of the vector that it reads, and the constant that would make it as long as that of the last features.
"""

import json
import sys

import numpy as np
import torch
from PIL import Image

import tensors
from fcn import load_weights
from models import build
from voc import preprocess


def norms(network, images):
    """Mean lengths by score layer, in the order in which they are computed."""
    lengths = {}

    def keep(name):
        def hook(_, inputs):
            lengths.setdefault(name, []).append(inputs[0].norm(dim=1).mean().item())
        return hook

    for name, module in network.named_children():
        if name.startswith('score'):
            module.register_forward_pre_hook(keep(name))
    with torch.no_grad():
        for image in images:
            network(image)
    return {name: float(np.mean(each)) for name, each in lengths.items()}


def main(file, *images):
    weights, metadata = tensors.read(file)
    config = json.loads(metadata['fcn'])
    network = build(config['model'], config['numClasses'], config['width'], dropout=0, fusion=config.get('fusion', 'sum')).eval()
    load_weights(network, weights)

    def read(path):
        pixels = np.asarray(Image.open(path).convert('RGB'))
        return torch.from_numpy(preprocess(pixels, config['input'])[None])

    found = norms(network, map(read, images))
    for name, length in found.items():
        print(f'{name}: {length:.3g}, times {found["score_fr"] / length:.2g}')


if __name__ == '__main__':
    main(*sys.argv[1:])
