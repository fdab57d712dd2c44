"""What the programs of the benchmark have in common: one step for each line `go`, so that runs can be interleaved."""

import argparse
import json
import resource
import sys
import time


def image_size(text):
    height, width = text.split('x')
    return int(height), int(width)


def step_parser(description, models):
    """What every program is told that builds the network itself; each adds the forms that its tool has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('--model', choices=models, default='fcn8s')
    parser.add_argument('--width', type=float, default=1)
    parser.add_argument('--classes', type=int, default=21)
    parser.add_argument('--size', type=image_size, default=(224, 224), metavar='HxW')
    parser.add_argument('--batch', type=int, default=1)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--mode', choices=('train', 'infer'), default='train')
    return parser


def say(message):
    print(json.dumps(message), flush=True)


def serve(perform):
    """Answers each line `go` with {"ms": 3560.1, "loss": 3.04, "peakRssMb": 2650.0}; `quit` or the end of input ends it."""
    for line in sys.stdin:
        command = line.strip()
        if command == 'quit':
            break
        if command != 'go':
            raise SystemExit(f'command: got {command!r}, expected go or quit')
        start = time.perf_counter()
        loss = perform()
        elapsed = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB
        say({'ms': round(1000 * elapsed, 3), 'loss': loss, 'peakRssMb': round(peak, 1)})
