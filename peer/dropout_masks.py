"""The dropout masks of a run: those that our program draws, from the streams `random(seed, 'dropout', sample)`.

Runs of earlier versions, without dropoutOf, have a stream for each micro-batch.
"""

import time

import numpy as np
import torch

from fcn import scaled
from streams import draw_many

# Random numbers that are drawn at once, of as many micro-batches as they last for.
NUMBERS_AT_ONCE = 2 ** 22


class DropoutMasks:
    """The masks of each micro-batch, drawn for many of them at once (see streams.py)."""

    def __init__(self, config, largest, count):
        """`largest`: (height, width) that no image of the run exceeds; `count`: micro-batches of the run."""
        self.config = config
        self.largest = largest
        self.samples = 1 if config.get('dropoutOf') == 'sample' else config['batchSize']  # of a stream
        self.streams = config['batchSize'] // self.samples  # of a micro-batch
        self.count = count * self.streams
        self.first, self.numbers = 0, []
        self.seconds = 0  # spent here

    def of(self, micro_batch, height, width):
        """Masks (uint8 tensors) for images of this size; None where the network draws none."""
        if self.config['dropout'] == 0:
            return None
        start = time.perf_counter()
        begin = micro_batch * self.streams
        parts = [self._of_stream(begin + index, height, width) for index in range(self.streams)]
        masks = [torch.cat(layer) for layer in zip(*parts)]
        self.seconds += time.perf_counter() - start
        return masks

    def _of_stream(self, stream, height, width):
        if not self.first <= stream < self.first + len(self.numbers):
            self._draw(stream)
        return masks_of(self.numbers[stream - self.first], self._shapes(height, width), self.config['dropout'])

    def _shapes(self, height, width):
        model = self.config['model']
        if model.get('fusion') == 'finest':
            return []
        return mask_shapes(model['model'], model['width'], self.samples, height, width)

    def _draw(self, first):
        count = sum(map(numbers_of, self._shapes(*self.largest)))
        streams = min(max(1, NUMBERS_AT_ONCE // count), 256, self.count - first)
        self.first = first
        self.numbers = draw_many([(self.config['seed'], 'dropout', first + index) for index in range(streams)], count)


def mask_shapes(model, width, batch, height, image_width):
    """Shapes [N, C, h, w] of what the dropout layers of a network see of images of a size."""
    if model.startswith('deeplabv3-'):
        return []
    backbone = model.split('-')[-1]
    if backbone == 'squeezenet':
        def side(n):
            n = (max(n, 37) - 7) // 2 + 1  # conv1, of what is at least 37
            return n // 2 // 2 // 2  # pool1, pool4, pool8: ceil((n - 3) / 2) + 1 = n // 2
        channels, layers = 2 * scaled(256, width), 1
    elif backbone == 'googlenet':
        def side(n):
            n = (max(n, 31) - 1) // 2 + 1  # conv1, of what is at least 31
            return n // 2 // 2 // 2 // 2  # pool1 to pool4
        channels, layers = 2 * scaled(384, width) + 2 * scaled(128, width), 1
    elif backbone.startswith('resnet'):
        return []
    elif backbone == 'mobilenetv2':
        def side(n):
            return -(-n // 32)
        channels, layers = scaled(1280, width), 1
    elif backbone == 'alexnet':
        def side(n):
            n = (n + 200 - 11) // 4 + 1  # conv1
            return n // 2 // 2 // 2 - 5  # three poolings, fc6
        channels, layers = scaled(4096, width), 2
    else:  # VGG
        def side(n):
            return -(-(n + 198) // 32) - 6
        channels, layers = scaled(4096, width), 2
    return [(batch, channels, side(height), side(image_width))] * layers


def numbers_of(shape):
    """How many random numbers a mask takes: two elements share one."""
    return -(-int(np.prod(shape)) // 2)


def masks_of(numbers, shapes, rate):
    """Masks from the numbers of a stream: the low half of a number decides about an element, the high half about the next."""
    threshold = int(np.floor(rate * 2 ** 16 + 0.5))
    masks, begin = [], 0
    for shape in shapes:
        halves = numbers[begin:begin + numbers_of(shape)].view('<u2')[:int(np.prod(shape))]
        masks.append(torch.from_numpy((halves >= threshold).astype('uint8').reshape(shape)))
        begin += numbers_of(shape)
    return masks
