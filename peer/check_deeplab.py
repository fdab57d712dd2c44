"""Compares class maps of DeepLabv3 with those that the file itself gives: python3 peer/check_deeplab.py FILE.tflite IMAGES...

The file is run by TensorFlow Lite's interpreter (`pip install ai-edge-litert pillow`), in 8 bits; fcn computes with its dequantized weights in
float32 (npm run build). Both see the images at 513x513, the only size that the file knows. Prints how many pixels differ, and how near the two
classes are there by fcn's scores, in steps of the file's 8-bit scores.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

COMMAND = pathlib.Path(__file__).parents[1] / 'bin' / 'fcn.js'
SIZE = 513


def predict(file, images, folder):
    """Scores [K, 513, 513] by fcn."""
    subprocess.run(['node', COMMAND, 'predict', '--weights', file, '--out', folder / 'out', '--logits', '--threads', '1', *images],
                   check=True, stdout=subprocess.DEVNULL)
    return [np.load(folder / 'out' / f'{image.stem}.npy') for image in images]


def main(file, *names):
    interpreter = Interpreter(file, num_threads=1)
    interpreter.allocate_tensors()
    [given], [result] = interpreter.get_input_details(), interpreter.get_output_details()
    step = next(each['quantization'][0] for each in interpreter.get_tensor_details() if each['name'] == 'ResizeBilinear_2')
    pixels = different = 0
    gaps, all_gaps = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        images = [folder / f'{pathlib.Path(name).stem}.png' for name in names]
        for name, image in zip(names, images):
            Image.open(name).convert('RGB').resize((SIZE, SIZE), Image.BILINEAR).save(image)
        for image, scores in zip(images, predict(file, images, folder)):
            interpreter.set_tensor(given['index'], np.asarray(Image.open(image))[None])
            interpreter.invoke()
            theirs = interpreter.get_tensor(result['index'])[0]
            ours = scores.argmax(0)
            best = scores.max(0)
            found = np.take_along_axis(scores, theirs[None], 0)[0]
            differs = ours != theirs
            pixels, different = pixels + ours.size, different + int(differs.sum())
            gaps.append((best - found)[differs] / step)
            ordered = np.partition(scores, -2, 0)
            all_gaps.append((ordered[-1] - ordered[-2]).ravel() / step)
    gaps, all_gaps = np.concatenate(gaps), np.concatenate(all_gaps)
    print(f'{len(names)} images, {pixels} pixels: {different} differ, {100 * different / pixels:.2f} %')
    print(f'fcn\'s score of its own class there is above that of the file\'s by {np.median(gaps):.1f} steps of {step:.3f} (median; 95 % of '
          f'them: at most {np.percentile(gaps, 95):.1f}; largest {gaps.max():.1f}); the gap between the two best classes over all pixels: '
          f'{np.median(all_gaps):.1f} (median), below 1 step in {100 * np.mean(all_gaps < 1):.2f} % of them')


if __name__ == '__main__':
    main(*sys.argv[1:])
