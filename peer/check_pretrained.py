"""Runs the pretrained classifiers here and by `fcn classify`, and compares: python3 peer/check_pretrained.py DIR IMAGES...

DIR holds mobilenet_v2_1.0_224_quant.tflite, squeezenet_v1.0_deep_compression.net and imagenet_labels.txt. Both files are
decoded here from their bytes; the TensorFlow Lite network is run by the operators in the file, with their own strides,
paddings and activations. Needs a build (npm run build) and takes seconds an image.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image

import squeezenet_file
import tflite_file
from voc import preprocess

COMMAND = pathlib.Path(__file__).parents[1] / 'bin' / 'fcn.js'
TFLITE_INPUT = {'channels': 'RGB', 'scale': 255, 'mean': [128] * 3, 'std': [128] * 3}
SQUEEZENET_INPUT = {'channels': 'BGR', 'scale': 255, 'mean': [104, 117, 123], 'std': [1] * 3}


def view(file, size):
    """The square at the center that is 87.5 % of the shorter side, at `size` pixels: uint8 [size, size, 3]."""
    image = Image.open(file).convert('RGB')
    shorter = round(size / 0.875)
    scaled = [int(side * shorter / min(image.size) + 0.5) for side in image.size]
    pixels = np.asarray(image.resize(scaled, Image.BILINEAR))
    top, left = (pixels.shape[0] - size) // 2, (pixels.shape[1] - size) // 2
    return pixels[top : top + size, left : left + size]


def mobilenet(path):
    model = tflite_file.Model(path)
    last = next(i for code, (i, *_), _, _ in model.operators if code == tflite_file.AVERAGE_POOL)

    def run(file):
        image = torch.from_numpy(preprocess(view(file, 224), TFLITE_INPUT))[None]
        values = model.run(image)
        return values[last], values[model.outputs[0]]

    return run


def squeezenet(path):
    tensors = squeezenet_file.read(path)
    return lambda file: squeezenet_file.run(
        tensors, torch.from_numpy(preprocess(view(file, 227), SQUEEZENET_INPUT))[None]
    )


def classify(weights, labels, images, folder):
    """What fcn says: for each image its top 5 and its features."""
    result = folder / 'classes.json'
    subprocess.run(
        ['node', COMMAND, 'classify', '--weights', weights, '--labels', labels, '--json', result, '--features', folder]
        + images,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    top = [entry['top'] for entry in json.loads(result.read_text())]
    return [(top[i], np.load(folder / f'{pathlib.Path(image).stem}.npy')) for i, image in enumerate(images)]


def main(folder, *images):
    folder = pathlib.Path(folder)
    labels = folder / 'imagenet_labels.txt'
    failed = False
    for name, build in (
        ('mobilenet_v2_1.0_224_quant.tflite', mobilenet),
        ('squeezenet_v1.0_deep_compression.net', squeezenet),
    ):
        run = build(folder / name)
        with tempfile.TemporaryDirectory() as temporary:
            ours = classify(folder / name, labels, list(images), pathlib.Path(temporary))
        print(name)
        for image, (top, features) in zip(images, ours):
            with torch.no_grad():
                expected, probabilities = (x[0].numpy() for x in run(image))
            order = np.argsort(-probabilities, kind='stable')[:5]
            same = [entry['index'] for entry in top] == order.tolist()
            of_features = np.abs(features - expected).max() / np.abs(expected).max()
            of_probabilities = max(abs(entry['probability'] - probabilities[entry['index']]) for entry in top)
            failed |= not same or of_features > 1e-4 or of_probabilities > 1e-4
            print(f'  {pathlib.Path(image).name}: top 5 {"the same" if same else "DIFFERENT"}, features differ by '
                  f'{of_features:.1e} of the largest, probabilities by {of_probabilities:.1e}; {top[0]["label"]}')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main(*sys.argv[1:])
