"""Repeats a training run of ours in PyTorch, so that the two results can be compared.

    python3 peer/train.py --run RUN --init FILE.safetensors --data DIR --out OUT

RUN is the folder of a run of `fcn train` on a data set in VOC's layout, DIR. From its config.json come the network and all
settings; from its log.csv the learning rate and the `ids` of the images of every iteration. Crops, scales, mirror images,
colors, pixels that count and dropout masks are those of the run, to the bit. --init holds the weights that the run started from:

    fcn train OPTIONS_OF_THE_RUN --iterations 0 --validate-every 0 --out START      # START/last.safetensors

Writes what the run has, for `fcn evaluate` to read: OUT/log.csv (iteration, loss, learning_rate, elapsed_s), OUT/val.csv,
OUT/best.safetensors and best.json, OUT/last.safetensors, OUT/summary.json; and OUT/metrics.json, the scores of the last
weights on the validation split, and OUT/test.json, those of the best weights on --test-split.

Drawing dropout masks like ours is slow in Python, where PyTorch would draw its own: it is not counted in any time.
"""

import argparse
import contextlib
import csv
import json
import math
import pathlib
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import tensors
from fcn import load_weights, weights_of
from learning import MovingAverage, clip, loss_divisor, optimizer_of, set_learning_rate
from losses import parse_objective, summed
from metrics import confusion, metrics_of
from models import build
from replay import Replay, in_background, read_config, read_iterations
from transforms import resize_image
from voc import Voc, preprocess

# A training step takes 2 to 7 % less processor time in this layout (4 images of 160x160).
FASTER_IN_NHWC = ('-squeezenet', '-mobilenetv2')

METRICS = ('pixelAccuracy', 'meanAccuracy', 'meanIoU', 'fwIoU')


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--run', required=True, type=pathlib.Path)
    parser.add_argument('--init', required=True, type=pathlib.Path)
    parser.add_argument('--data', required=True, type=pathlib.Path)
    parser.add_argument('--out', required=True, type=pathlib.Path)
    parser.add_argument('--val-split', help='default: that of the run')
    parser.add_argument('--test-split', help='also score the best weights on this split')
    parser.add_argument('--threads', type=int, help='default: those of the run')
    parser.add_argument('--channels-last', action=argparse.BooleanOptionalAction,
                        help='NHWC memory layout of weights and images; default: where it is faster')
    return parser.parse_args()


def step(network, optimizer, micro_batches, config, layout=torch.contiguous_format):
    """One update from the micro-batches of an iteration, as if they were one minibatch; the loss before it."""
    terms = parse_objective(config.get('objective', 'ce'))
    class_weights = config['classWeights'] if {'ce', 'focal', 'sigmoid'} & {name for name, _ in terms} else None
    divisor = sum(loss_divisor(batch.label, class_weights) for batch in micro_batches)
    divisor = divisor if config['loss'] == 'mean' and divisor > 0 else 1
    optimizer.zero_grad(set_to_none=True)
    total = 0
    for image, label, masks in micro_batches:
        logits = network(image.contiguous(memory_format=layout), **({} if masks is None else {'masks': masks}))
        loss = summed(logits, label, terms, 'sum', class_weights) / divisor
        loss.backward()
        total += loss.item()
    if config.get('clip', 0) > 0:
        clip(network, config)
    optimizer.step()
    return total


class Run:
    """A network while it learns, and the files that it leaves."""

    def __init__(self, arguments):
        self.out = arguments.out
        self.data = Voc(arguments.data)
        self.config = config = read_config(arguments.run)
        self.iterations = read_iterations(arguments.run)
        self.model = model = config['model']
        nhwc = arguments.channels_last
        if nhwc is None:
            nhwc = model['model'].endswith(FASTER_IN_NHWC)
        self.layout = torch.channels_last if nhwc else torch.contiguous_format
        self.val_split = arguments.val_split or config.get('valSplit') or 'val'
        weights, self.metadata = tensors.read(arguments.init)
        self.network = build(model['model'], model['numClasses'], model['width'], config['dropout'],
                             model.get('fusion', 'sum'), background=model.get('background', 'scored'))
        load_weights(self.network, weights)
        self.network.to(memory_format=self.layout)
        self.optimizer = optimizer_of(self.network, config, model['deconvolution'])
        self.average = MovingAverage(self.network, config['ema']) if config['ema'] > 0 else None
        self.best = None
        self.out.mkdir(parents=True, exist_ok=True)

    def train(self):
        replay = Replay(self.config, self.data, [ids for _, ids in self.iterations])
        start = time.perf_counter()

        def elapsed():
            return time.perf_counter() - start - replay.masks.seconds

        last = len(self.iterations)
        every = self.config['validateEvery']
        metrics = None
        with open(self.out / 'log.csv', 'w', newline='') as log_file, \
                open(self.out / 'val.csv', 'w', newline='') as validation_file:
            log, validations = (csv.writer(file, lineterminator='\n') for file in (log_file, validation_file))
            log.writerow(['iteration', 'loss', 'learning_rate', 'elapsed_s'])
            validations.writerow(['iteration', *METRICS])
            for iteration, ((rate, ids), batches) in enumerate(zip(self.iterations, replay), start=1):
                set_learning_rate(self.optimizer, rate)
                self.network.train()
                loss = step(self.network, self.optimizer, batches, self.config, self.layout)
                if not math.isfinite(loss):
                    raise SystemExit(f'iteration {iteration}: the loss is {loss} on {", ".join(ids)}')
                if self.average:
                    self.average.update()
                log.writerow([iteration, loss, rate, f'{elapsed():.3f}'])
                if every > 0 and (iteration % every == 0 or iteration == last):
                    metrics = self.validate(iteration)
                    validations.writerow([iteration, *(metrics[name] for name in METRICS)])
                    validation_file.flush()
                    log_file.flush()
                if iteration % 50 == 0 or iteration == last:
                    print(f'{iteration}/{last} loss {loss:.4f}', file=sys.stderr, flush=True)
        self.finish(elapsed(), metrics)

    def validate(self, iteration):
        metrics = self.evaluate(self.val_split)
        print(f'{iteration}: mean IoU {metrics["meanIoU"]:.4f}', file=sys.stderr, flush=True)
        if self.best is None or metrics['meanIoU'] > self.best['meanIoU']:
            self.best = {'iteration': iteration, 'meanIoU': metrics['meanIoU']}
            self.save('best.safetensors')
            self.write_json('best.json', metrics)
        return metrics

    def finish(self, seconds, metrics):
        """`metrics`: those of the last weights, if they were validated."""
        self.save('last.safetensors')
        if self.best is None:
            self.save('best.safetensors')
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in KiB
        self.write_json('summary.json', {'iterations': len(self.iterations), 'seconds': seconds,
                                         'peakMemoryBytes': peak, 'best': self.best})
        self.write_json('metrics.json', metrics or self.evaluate(self.val_split))

    def test(self, split):
        """Scores the best weights."""
        weights, _ = tensors.read(self.out / 'best.safetensors')
        load_weights(self.network, weights)
        self.average = None
        metrics = self.evaluate(split)
        self.write_json('test.json', metrics)
        print(f'{split}: pixel accuracy {metrics["pixelAccuracy"]:.4f}, mean IoU {metrics["meanIoU"]:.4f}', file=sys.stderr)

    @torch.no_grad()
    def evaluate(self, split):
        """Scores at the labels' own size; images pass through the network at `valSize` of the config."""
        size, classes = self.config['valSize'], self.model['numClasses']
        matrix = np.zeros((classes, classes), 'int64')

        def load(image_id):
            pixels, label = self.data.load(image_id)
            if size['mode'] == 'resize':
                pixels = resize_image(pixels, size['height'], size['width'])
            return torch.from_numpy(preprocess(pixels, self.model['input'])[None]), label

        ids = self.data.ids(split)
        self.network.eval()
        with self.averaged():
            for image, label in in_background(load, ids):
                logits = self.network(image.contiguous(memory_format=self.layout))
                if logits.shape[2:] != label.shape:
                    logits = F.interpolate(logits, label.shape, mode='bilinear', align_corners=False)
                matrix += confusion(label, logits[0].argmax(0).numpy(), classes)
        return metrics_of(matrix, len(ids), self.model['classes'])

    def save(self, name):
        with self.averaged():
            weights = weights_of(self.network)
        tensors.write(self.out / name, weights, {**self.metadata, 'fcn': json.dumps(self.model)})

    def averaged(self):
        """While this lasts, the network has the averaged weights, if there are any."""
        return self.average.in_place() if self.average else contextlib.nullcontext()

    def write_json(self, name, value):
        (self.out / name).write_text(json.dumps(value, indent=2) + '\n')


def main():
    arguments = parse_arguments()
    run = Run(arguments)
    torch.set_num_threads(arguments.threads or run.config.get('threads', 2))
    run.train()
    if arguments.test_split:
        run.test(arguments.test_split)


if __name__ == '__main__':
    main()
