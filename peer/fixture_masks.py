"""Writes test/fixtures/masks/: one mask and one picture in every file format that Pillow can write and fcn reads.

python3 peer/fixture_masks.py (made with Pillow 9.4). binary.*: 13 x 5 pixels, 0 or 255 by the formula in `values`;
palette.*: the same, 0 or 1, with the palette 0 0 0, 200 0 10; bits.bmp, bits.tif: with a bit a pixel; rgb.bmp, rgba.bmp,
top-down.bmp: the colors of `colors`. lossy.jpg, lossy.webp: binary.png as a lossy format keeps it.
"""

import pathlib

import numpy as np
from PIL import Image

FOLDER = pathlib.Path(__file__).parents[1] / 'test' / 'fixtures' / 'masks'
y, x = np.mgrid[:5, :13]
values = ((x * 5 + y * 3 + x * y) % 4 == 0).astype(np.uint8)
colors = np.stack([x * 19 % 256, y * 47 % 256, (x * y * 7) % 256], 2).astype(np.uint8)


def palette_of(image):
    image.putpalette([0, 0, 0, 200, 0, 10])
    return image


FOLDER.mkdir(exist_ok=True)
binary = Image.fromarray(values * 255)
palette = palette_of(Image.fromarray(values))
for extension, options in {'png': {}, 'tif': {'compression': 'tiff_lzw'}, 'bmp': {}, 'gif': {}, 'webp': {'lossless': True}}.items():
    binary.save(FOLDER / f'binary.{extension}', **options)
    if extension != 'webp':
        palette.save(FOLDER / f'palette.{extension}')
for extension in 'bmp', 'tif':
    Image.fromarray(values > 0).save(FOLDER / f'bits.{extension}')
binary.resize((104, 40), Image.NEAREST).save(FOLDER / 'lossy.jpg', quality=90)
binary.resize((104, 40), Image.NEAREST).save(FOLDER / 'lossy.webp', quality=90)
Image.fromarray(colors).save(FOLDER / 'rgb.bmp')
Image.fromarray(np.dstack([colors, colors[..., :1]])).save(FOLDER / 'rgba.bmp')
bmp = bytearray((FOLDER / 'rgb.bmp').read_bytes())
rows = [bmp[54 + 40 * row:54 + 40 * (row + 1)] for row in range(5)]
(FOLDER / 'top-down.bmp').write_bytes(bmp[:22] + (-5).to_bytes(4, 'little', signed=True) + bmp[26:54] + b''.join(rows[::-1]))
Image.fromarray(values.astype(np.uint16)).save(FOLDER / 'sixteen.png')
Image.fromarray(values * 255).convert('LA').save(FOLDER / 'opaque.png')
Image.merge('LA', [binary, Image.fromarray(values * 100)]).save(FOLDER / 'transparent.png')
