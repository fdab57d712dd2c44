"""What a run of `fcn train` showed its network: the same images, changed in the same way, in the same order."""

import collections
import concurrent.futures
import csv
import json

import numpy as np
import torch

from dropout_masks import DropoutMasks
from streams import Stream
from transforms import mean_color, transform
from voc import preprocess

MicroBatch = collections.namedtuple('MicroBatch', 'image label masks')

AHEAD = 3  # micro-batches that are loaded in the background, as our loader does


def read_config(run):
    """config.json of a run; older ones lack what came later."""
    file = run / 'config.json'
    config = json.loads(file.read_text())
    needed = ('model', 'loss', 'learningRate', 'momentum', 'weightDecay', 'dropout', 'batchSize')
    missing = [key for key in needed if key not in config]
    if missing:
        raise SystemExit(f'{file}: {", ".join(missing)} missing; expected the config.json of a run of fcn train')
    if config.get('hardPixels', 1) != 1:
        raise SystemExit(f'{file}: hardPixels: got {config["hardPixels"]}, expected 1; such runs are not repeated')
    return {'trainSize': {'mode': 'native'}, 'valSize': {'mode': 'native'}, 'augment': [], 'accumulate': 1, 'seed': 0,
            'validateEvery': 0, 'classWeights': None, 'frozen': [], 'headRate': 1, 'ema': 0, 'lossShare': 1, **config}


def read_iterations(run):
    """The learning rate and the ids of the images of every iteration, from log.csv."""
    with open(run / 'log.csv', newline='') as file:
        return [(float(row['learning_rate']), row['ids'].split()) for row in csv.DictReader(file)]


class Replay:
    """The micro-batches of every iteration, lists of `accumulate` each; iterable once."""

    def __init__(self, config, data, ids_of_iterations):
        self.config = config
        self.data = data
        size = config['batchSize']
        ids = [each for ids in ids_of_iterations for each in ids]
        self.micro_batches = [ids[begin:begin + size] for begin in range(0, len(ids), size)]
        self.fill = mean_color(config['model']['input'])
        self.masks = DropoutMasks(config, self._largest(ids), len(self.micro_batches))

    def __iter__(self):
        accumulate = self.config['accumulate']
        taken = []
        for number, (image, label) in enumerate(in_background(self.load, range(len(self.micro_batches)))):
            taken.append(MicroBatch(image, label, self.masks.of(number, *label.shape[1:])))
            if len(taken) == accumulate:
                yield taken
                taken = []

    def load(self, number):
        """Images [N, 3, H, W] and labels [N, H, W] of a micro-batch."""
        samples = [self._sample(number * self.config['batchSize'] + index, image_id)
                   for index, image_id in enumerate(self.micro_batches[number])]
        images, labels = zip(*samples)
        return torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(labels))

    def _sample(self, k, image_id):
        pixels, label = self.data.load(image_id)
        stream = Stream(self.config['seed'], 'augment', k)
        pixels, label = transform(pixels, label, stream, self.config['trainSize'], self.config['augment'], self.fill,
                                  self.config['lossShare'])
        return preprocess(pixels, self.config['model']['input']), label

    def _largest(self, ids):
        """Height and width that no image of the run exceeds."""
        size = self.config['trainSize']
        if size['mode'] != 'native':
            return size['height'], size['width']
        factor = 2 if 'scale' in self.config['augment'] else 1
        sizes = [self.data.size_of(image_id) for image_id in set(ids)]
        return tuple(factor * max(sides) for sides in zip(*sizes))


def in_background(load, items):
    """load(item) for each item, in order; the next few are under way while one is in use."""
    items = iter(items)
    with concurrent.futures.ThreadPoolExecutor(1) as background:
        pending = collections.deque(background.submit(load, item) for _, item in zip(range(AHEAD), items))
        while pending:
            loaded = pending.popleft().result()
            pending.extend(background.submit(load, item) for _, item in zip(range(1), items))
            yield loaded
