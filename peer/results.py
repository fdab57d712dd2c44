"""Runs the experiments behind results/*.csv: each with fcn, then the same run again in PyTorch.

    python3 peer/results.py --experiments results/voc2012-small160.json --data voc:DIR --weights DIR --out RUNS --csv FILE \
        --commit "$(git rev-parse --short HEAD)"

The experiments file says what to train: {"split", "minimumImages", "groups": [{"common": "OPTIONS", "rows": {NAME:
"OPTIONS"}}]}, both options of `fcn train`; `WEIGHTS/` in them stands for --weights, `RUNS/` for --out. The best weights
by the validation split are scored on "split"; "meanIoU_common" is the mean over the classes that occur in at least
"minimumImages" training images. A row that is in the CSV already is left alone, so a stopped job goes on where it was; a
run folder that is there is resumed.

"hidden": {SET: PART} asks for copies of the data set with a part of each image hidden, RUNS/data-SET (`fcn data convert
--hide PART`). "data": {NAME: SET} says what is trained and scored on one of these, "also": {NAME: [SET, ...]} what is scored
on some of them besides, each in a row "NAME on SET".

Two jobs run side by side, one thread each: fcn's runs one after the other, and PyTorch's behind them. What else the
machine does changes over an hour: times of runs say what to expect, `fcn bench` compares.
"""

import argparse
import csv
import json
import pathlib
import queue
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
FCN = ['node', str(HERE.parent / 'bin' / 'fcn.js')]
METRICS = ('pixelAccuracy', 'meanAccuracy', 'meanIoU', 'fwIoU')


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--experiments', required=True, type=pathlib.Path)
    parser.add_argument('--data', required=True, help='voc:DIR')
    parser.add_argument('--weights', required=True, type=pathlib.Path, help='folder of pretrained weights')
    parser.add_argument('--out', required=True, type=pathlib.Path)
    parser.add_argument('--csv', required=True, type=pathlib.Path)
    parser.add_argument('--commit', required=True, help='what is measured: git rev-parse --short HEAD')
    parser.add_argument('--only', nargs='*', help='names of experiments; default: all')
    parser.add_argument('--no-peer', action='store_true', help='leave PyTorch out')
    return parser.parse_args()


def run(command, log):
    """Runs a command; what it prints goes to a file."""
    with open(log, 'a') as file:
        print('$', ' '.join(map(str, command)), file=file, flush=True)
        result = subprocess.run(list(map(str, command)), stdout=file, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise SystemExit(f'{" ".join(map(str, command))}: exit code {result.returncode}; see {log}')


class Results:
    """The rows of the CSV: one for each experiment and engine."""

    def __init__(self, file, classes):
        self.file = file
        self.columns = ['experiment', 'engine', 'commit', 'split', 'seconds', 'peak_memory_mb', *METRICS,
                        'meanIoU_common', *(f'iou {name}' for name in classes), 'command']
        self.rows = []
        if file.exists():
            with open(file, newline='') as text:
                self.rows = list(csv.DictReader(text))
        self.lock = threading.Lock()

    def has(self, experiment, engine):
        return any(row['experiment'] == experiment and row['engine'] == engine for row in self.rows)

    def add(self, row):
        with self.lock:
            self.rows.append(row)
            with open(self.file, 'w', newline='') as text:
                writer = csv.DictWriter(text, self.columns, lineterminator='\n')
                writer.writeheader()
                writer.writerows(sorted(self.rows, key=lambda each: (each['experiment'], each['engine'] != 'fcn')))
        print(f"{row['experiment']:32} {row['engine']:8} mean IU {row['meanIoU']} ({row['meanIoU_common']} of the common "
              f"classes), {row['seconds']} s", flush=True)


class Job:
    def __init__(self, given):
        self.given = given
        self.plan = json.loads(given.experiments.read_text())
        given.out.mkdir(parents=True, exist_ok=True)
        self.log = given.out / 'log.txt'
        check = given.out / 'data.json'
        run([*FCN, 'data', 'check', given.data, '--json', check], self.log)
        train = json.loads(check.read_text())['splits']['train']
        #: Classes with enough training images to be learned.
        self.common = {each['name'] for each in train['classes'] if each['images'] >= self.plan['minimumImages']}
        #: Options by the name of the experiment.
        self.options = {name: f"{group['common']} {options}".strip() for group in self.plan['groups']
                        for name, options in group['rows'].items()}
        self.results = Results(given.csv, [each['name'] for each in train['classes']])

    def set_of(self, name):
        """The name of the data set that an experiment is trained on: None for the given one."""
        return self.plan.get('data', {}).get(name)

    def data(self, set_name):
        """A data set by its name; a copy with a part of each image hidden is made when it is first asked for."""
        if set_name is None:
            return self.given.data
        folder = self.given.out / f'data-{set_name}'
        if not folder.exists():
            unfinished = folder.with_suffix('.part')
            run([*FCN, 'data', 'convert', self.given.data, '--hide', self.plan['hidden'][set_name], '--out', unfinished,
                 '--force'], self.log)
            unfinished.rename(folder)
        return f'voc:{folder}'

    def scored(self, name):
        """The names of the data sets that an experiment is scored on, by its rows."""
        also = self.plan.get('also', {}).get(name, [])
        return {name: self.set_of(name), **{f'{name} on {each}': each for each in also}}

    def is_done(self, name, engine):
        return all(self.results.has(row, engine) for row in self.scored(name))

    def arguments(self, name):
        """The options of an experiment, paths filled in."""
        places = {'WEIGHTS/': f'{self.given.weights}/', 'RUNS/': f'{self.given.out}/'}
        options = self.options[name].split()
        for short, path in places.items():
            options = [option.replace(short, path) for option in options]
        return options

    def train(self, name):
        folder = self.given.out / name
        if (folder / 'config.json').exists():
            run([*FCN, 'train', '--resume', '--out', folder, '--threads', '1'], self.log)
        else:
            run([*FCN, 'train', '--data', self.data(self.set_of(name)), *self.arguments(name), '--threads', '1',
                 '--out', folder], self.log)
        self.score(name, 'fcn', folder)

    def repeat(self, name):
        """The same run in PyTorch, from the same first weights."""
        folder, start = self.given.out / name, self.given.out / f'{name}-start'
        if not (start / 'last.safetensors').exists():
            options = without_duration(self.arguments(name))
            run([*FCN, 'train', '--data', self.data(self.set_of(name)), *options, '--iterations', '0', '--validate-every', '0',
                 '--threads', '1', '--out', start], self.log)
        peer = self.given.out / f'{name}-pytorch'
        run([sys.executable, HERE / 'train.py', '--run', folder, '--init', start / 'last.safetensors', '--data',
             self.data(self.set_of(name)).removeprefix('voc:'), '--threads', '1', '--out', peer], self.log)
        self.score(name, 'PyTorch', peer)

    def score(self, name, engine, folder):
        """The best weights by the validation split on the split that is reported, at the labels' own size."""
        for row, data in self.scored(name).items():
            if not self.results.has(row, engine):
                self.score_on(data, row, name, engine, folder)

    def score_on(self, data, row, name, engine, folder):
        split, config = self.plan['split'], json.loads((self.given.out / name / 'config.json').read_text())
        report = folder / (f'{split}.json' if row == name else f'{split}-{data}.json')
        size = config['valSize']
        sized = ['--resize', f"{size['height']}x{size['width']}"] if size['mode'] == 'resize' else []
        run([*FCN, 'evaluate', '--weights', folder / 'best.safetensors', '--data', self.data(data), '--split', split,
             *sized, '--threads', '1', '--json', report], self.log)
        metrics = json.loads(report.read_text())
        summary = json.loads((folder / 'summary.json').read_text())
        ious = {each['name']: each['iou'] for each in metrics['classes']}
        common = [iou for each, iou in ious.items() if each in self.common and iou is not None]
        self.results.add({
            'experiment': row, 'engine': engine, 'commit': self.given.commit, 'split': split,
            'seconds': round(summary['seconds']), 'peak_memory_mb': round(summary['peakMemoryBytes'] / 1e6),
            **{metric: f'{metrics[metric]:.4f}' for metric in METRICS},
            'meanIoU_common': f'{sum(common) / len(common):.4f}',
            **{f'iou {each}': '' if iou is None else f'{iou:.4f}' for each, iou in ious.items()},
            'command': f'fcn train --data {self.named(self.set_of(name))} {self.options[name]}'
                       + ('' if row == name else f' && fcn evaluate --data {self.named(data)}'),
        })

    def named(self, data):
        return 'DATA' if data is None else f'voc:RUNS/data-{data}'

    def run(self):
        names = self.given.only or list(self.options)
        trained = queue.Queue()
        peer = threading.Thread(target=self.repeat_all, args=[trained])
        peer.start()
        for name in names:
            if not self.is_done(name, 'fcn'):
                self.train(name)
            trained.put(name)
        trained.put(None)
        peer.join()

    def repeat_all(self, trained):
        while (name := trained.get()) is not None:
            if not self.given.no_peer and not self.is_done(name, 'PyTorch'):
                self.repeat(name)


def without_duration(options):
    """Options without --epochs or --iterations and their values."""
    kept = list(options)
    for flag in ('--epochs', '--iterations', '--validate-every'):
        if flag in kept:
            at = kept.index(flag)
            del kept[at:at + 2]
    return kept


if __name__ == '__main__':
    Job(parse_arguments()).run()
