"""Compares how fcn and Pillow read all images below a folder. By hand, after `npm run build`:

    /usr/bin/python3 test/real/odd-images.py FOLDER

Pillow: ImageOps.exif_transpose, transparent pixels on white, convert('RGB'). Prints, for each file, the largest and the
mean difference of a channel (0..255), or what either says where it does not read the file.
"""
import json, pathlib, subprocess, sys
import numpy as np
from PIL import Image, ImageOps

ROOT = pathlib.Path(__file__).resolve().parents[2]
DECODE = """
import { readImage } from '%s';
import { writeFileSync } from 'node:fs';
try {
  const { width, height, data } = await readImage(process.argv[1]);
  process.stdout.write(JSON.stringify({ width, height }) + '\\n');
  process.stdout.write(data);
} catch (thrown) { process.stdout.write(JSON.stringify({ error: thrown.message }) + '\\n'); }
""" % (ROOT / 'dist/library/index.js').as_uri()
EXTENSIONS = {'.jpg', '.jpeg', '.png', '.tif', '.tiff', '.mpo', '.webp', '.gif', '.bmp'}


def ours(file):
    out = subprocess.run(['node', '--input-type=module', '-e', DECODE, str(file)], stdout=subprocess.PIPE).stdout
    head, _, data = out.partition(b'\n')
    head = json.loads(head)
    if 'error' in head:
        return head['error']
    return np.frombuffer(data, np.uint8).reshape(head['height'], head['width'], 3)


def pillows(file):
    try:
        image = ImageOps.exif_transpose(Image.open(file))
        if 'A' in image.getbands() or 'transparency' in image.info:
            image = image.convert('RGBA')
            image = Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image)
        return np.asarray(image.convert('RGB')), image.mode
    except Exception as thrown:
        return f'{type(thrown).__name__}: {thrown}', ''


def main(folder):
    for file in sorted(p for p in pathlib.Path(folder).rglob('*') if p.suffix.lower() in EXTENSIONS):
        mine, (theirs, mode) = ours(file), pillows(file)
        if isinstance(mine, str) or isinstance(theirs, str):
            result = f'fcn: {mine if isinstance(mine, str) else mine.shape} | Pillow: {theirs if isinstance(theirs, str) else theirs.shape}'
        elif mine.shape != theirs.shape:
            result = f'fcn {mine.shape}, Pillow {theirs.shape}'
        else:
            difference = np.abs(mine.astype(int) - theirs)
            result = f'{difference.max():3} {difference.mean():7.3f}  {mode}'
        print(f'{str(file.relative_to(folder)):64} {result}')


main(sys.argv[1])
