"""Repeats a training run of ours in PyTorch, so that the two results can be compared.

    python3 peer/train.py --run RUN --init FILE.safetensors --data DIR --out OUT

RUN is the folder of a run of `fcn train --native-size --augment none`. From its config.json come model {model, numClasses,
width, deconvolution, classes, input {channels, scale, mean, std}}, loss, learningRate, momentum, weightDecay, dropout
and batchSize; from its log.csv the learning rate and the `ids` of the images of every iteration. --init holds the weights that the run
started from. Dropout alone differs: it is drawn by PyTorch's own generator.

Writes OUT/log.csv (iteration, loss, elapsed_s), OUT/last.safetensors, and OUT/metrics.json: the scores of the last
weights on --val-split, each image at its own size.
"""

import argparse
import csv
import itertools
import json
import math
import pathlib
import sys
import time

import numpy as np
import torch

import tensors
from fcn import FCN, load_weights, weights_of
from learning import IGNORE, pixel_loss, set_learning_rate, sgd
from metrics import confusion, metrics_of
from voc import Voc, preprocess


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--run', required=True, type=pathlib.Path)
    parser.add_argument('--init', required=True, type=pathlib.Path)
    parser.add_argument('--data', required=True, type=pathlib.Path)
    parser.add_argument('--out', required=True, type=pathlib.Path)
    parser.add_argument('--val-split', default='val')
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--seed', type=int, default=0, help='of the dropout masks')
    return parser.parse_args()


def read_config(run):
    file = run / 'config.json'
    config = json.loads(file.read_text())
    needed = ('model', 'loss', 'learningRate', 'momentum', 'weightDecay', 'dropout', 'batchSize')
    missing = [key for key in needed if key not in config]
    if missing:
        raise SystemExit(f'{file}: {", ".join(missing)} missing; expected the config.json of a run of fcn train')
    if config.get('trainSize', {'mode': 'native'})['mode'] != 'native' or config.get('augment'):
        raise SystemExit(f'{file}: got trainSize {config.get("trainSize")} and augment {config.get("augment")}, expected '
                         'native size and no augmentation; run fcn train with --native-size --augment none')
    return config


def read_iterations(run):
    """The learning rate and the ids of the images of every iteration."""
    with open(run / 'log.csv', newline='') as file:
        return [(float(row['learning_rate']), row['ids'].split()) for row in csv.DictReader(file)]


def step(network, optimizer, samples, config):
    """One update from all images of an iteration; the loss before it.

    As if they were one minibatch: each run of the network adds its share to the gradient. At most `batchSize` images,
    and only images of one size, go through the network together.
    """
    if config['loss'] == 'mean':
        divisor = max(1, sum(int((label != IGNORE).sum()) for _, label in samples))
    else:
        divisor = 1
    optimizer.zero_grad(set_to_none=True)
    total = 0
    for _, same_size in itertools.groupby(samples, key=lambda sample: sample[1].shape):
        same_size = list(same_size)
        for begin in range(0, len(same_size), config['batchSize']):
            batch = same_size[begin:begin + config['batchSize']]
            image = torch.from_numpy(np.stack([image for image, _ in batch]))
            label = torch.from_numpy(np.stack([label for _, label in batch]))
            loss = pixel_loss(network(image), label, 'sum') / divisor
            loss.backward()
            total += loss.item()
    optimizer.step()
    return total


def train(network, data, iterations, config, log_file):
    model = config['model']
    optimizer = sgd(network, config['learningRate'], config['momentum'], config['weightDecay'], model['deconvolution'])
    network.train()
    start = time.perf_counter()
    with open(log_file, 'w', newline='') as file:
        log = csv.writer(file, lineterminator='\n')
        log.writerow(['iteration', 'loss', 'elapsed_s'])
        for iteration, (rate, ids) in enumerate(iterations, start=1):
            set_learning_rate(optimizer, rate)
            loaded = [data.load(image_id) for image_id in ids]
            samples = [(preprocess(pixels, model['input']), label) for pixels, label in loaded]
            loss = step(network, optimizer, samples, config)
            if not math.isfinite(loss):
                raise SystemExit(f'iteration {iteration}: the loss is {loss} on {", ".join(ids)}')
            log.writerow([iteration, loss, f'{time.perf_counter() - start:.3f}'])
            if iteration % 50 == 0 or iteration == len(iterations):
                file.flush()
                print(f'{iteration}/{len(iterations)} loss {loss:.4f}', file=sys.stderr, flush=True)


@torch.no_grad()
def evaluate(network, data, ids, model):
    network.eval()
    classes = model['numClasses']
    matrix = np.zeros((classes, classes), 'int64')
    for image_id in ids:
        pixels, label = data.load(image_id)
        logits = network(torch.from_numpy(preprocess(pixels, model['input'])[None]))
        matrix += confusion(label, logits[0].argmax(0).numpy(), classes)
    return metrics_of(matrix, len(ids), model['classes'])


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    config = read_config(arguments.run)
    iterations = read_iterations(arguments.run)
    data = Voc(arguments.data)
    model = config['model']
    weights, metadata = tensors.read(arguments.init)
    network = FCN(model['model'], model['numClasses'], model['width'], config['dropout'])
    load_weights(network, weights)

    arguments.out.mkdir(parents=True, exist_ok=True)
    train(network, data, iterations, config, arguments.out / 'log.csv')
    tensors.write(arguments.out / 'last.safetensors', weights_of(network), {**metadata, 'fcn': json.dumps(model)})
    metrics = evaluate(network, data, data.ids(arguments.val_split), model)
    (arguments.out / 'metrics.json').write_text(json.dumps(metrics, indent=2) + '\n')
    print(f'pixel accuracy {metrics["pixelAccuracy"]:.4f}, mean IoU {metrics["meanIoU"]:.4f}', file=sys.stderr)


if __name__ == '__main__':
    main()
