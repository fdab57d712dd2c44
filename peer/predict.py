"""Benchmark peer of `fcn predict`: classes of images as PNGs with the VOC palette, from weights in a PyTorch file.

    python3 peer/predict.py --weights FILE.pth --out DIR IMAGE...

PyTorch in its best form: nothing initializes weights that are then read from the file, and nothing copies those.
Preprocessing is torchvision's, as the weights of `fcn bench` expect it.
"""

import argparse
import pathlib

import numpy as np
import torch
from PIL import Image
from torch import nn

from models import MODELS, build
from voc import preprocess

TORCHVISION = {'channels': 'RGB', 'scale': 1, 'mean': (0.485, 0.456, 0.406), 'std': (0.229, 0.224, 0.225)}


def parser(description):
    """The options that choose a network and how it runs."""
    result = argparse.ArgumentParser(description=description.split('\n')[0])
    result.add_argument('--weights', required=True)
    result.add_argument('--model', choices=MODELS, default='fcn8s')
    result.add_argument('--width', type=float, default=1)
    result.add_argument('--classes', type=int, default=21)
    result.add_argument('--threads', type=int, default=2)
    result.add_argument('--channels-last', action='store_true', help='NHWC memory layout of weights and images')
    return result


class Segmenter:
    def __init__(self, arguments):
        torch.set_num_threads(arguments.threads)
        self.layout = torch.channels_last if arguments.channels_last else torch.contiguous_format
        self.network = uninitialized(arguments.model, arguments.classes, arguments.width)
        state = torch.load(arguments.weights)
        for name, parameter in self.network.named_parameters():
            parameter.data = state.pop(name)
        if state:
            raise SystemExit(f'weights {arguments.weights}: got {", ".join(state)}, expected no such parameters')
        self.network.to(memory_format=self.layout).eval()

    @torch.no_grad()
    def classes(self, image):
        """uint8 [H, W] of a preprocessed image, float32 [3, H, W]."""
        logits = self.network(torch.from_numpy(image)[None].contiguous(memory_format=self.layout))
        return logits[0].argmax(0).to(torch.uint8).numpy()


def uninitialized(model, classes, width):
    """A network whose parameters are memory that nobody has written to."""
    layers = (nn.Conv2d, nn.ConvTranspose2d)
    resets = [layer.reset_parameters for layer in layers]
    try:
        for layer in layers:
            layer.reset_parameters = lambda self: None
        return build(model, classes, width)
    finally:
        for layer, reset in zip(layers, resets):
            layer.reset_parameters = reset


def voc_palette():
    """The color of each class, bit by bit from its number: 256 times red, green, blue."""
    colors = np.zeros((256, 3), 'uint8')
    for bit in range(8):
        for channel in range(3):
            colors[:, channel] |= (((np.arange(256) >> (3 * bit + channel)) & 1) << (7 - bit)).astype('uint8')
    return colors.ravel().tolist()


def main():
    arguments_parser = parser(__doc__)
    arguments_parser.add_argument('--out', required=True, type=pathlib.Path)
    arguments_parser.add_argument('images', nargs='+', type=pathlib.Path)
    arguments = arguments_parser.parse_args()
    segmenter = Segmenter(arguments)
    arguments.out.mkdir(parents=True, exist_ok=True)
    palette = voc_palette()
    for file in arguments.images:
        pixels = np.array(Image.open(file).convert('RGB'))
        result = Image.fromarray(segmenter.classes(preprocess(pixels, TORCHVISION)), 'P')
        result.putpalette(palette)
        result.save(arguments.out / f'{file.stem}.png')


if __name__ == '__main__':
    main()
