"""Benchmark peer of `fcn evaluate`: scores of a network on a split of a data set in VOC's layout, as JSON.

    python3 peer/evaluate.py --weights FILE.pth --data DIR --split val --json FILE

Images are loaded in the background, as DataLoader does it, and pass the network at their own size.
"""

import json
import pathlib

import numpy as np

from metrics import confusion, metrics_of
from predict import TORCHVISION, Segmenter, parser
from replay import in_background
from voc import Voc, preprocess


def main():
    arguments_parser = parser(__doc__)
    arguments_parser.add_argument('--data', required=True, type=pathlib.Path)
    arguments_parser.add_argument('--split', default='val')
    arguments_parser.add_argument('--json', required=True, type=pathlib.Path)
    arguments = arguments_parser.parse_args()
    segmenter = Segmenter(arguments)
    data = Voc(arguments.data)
    ids = data.ids(arguments.split)

    def load(image_id):
        pixels, label = data.load(image_id)
        return preprocess(pixels, TORCHVISION), label

    classes = arguments.classes
    matrix = np.zeros((classes, classes), 'int64')
    for image, label in in_background(load, ids):
        matrix += confusion(label, segmenter.classes(image), classes)
    names = [f'class {number}' for number in range(classes)]
    arguments.json.write_text(json.dumps(metrics_of(matrix, len(ids), names), indent=2) + '\n')


if __name__ == '__main__':
    main()
