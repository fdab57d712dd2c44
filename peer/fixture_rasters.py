"""Writes test/fixtures/rasters.json: random shapes as the tools that label images fill them.

Debian has not all of these; in a virtual environment with pillow==9.4.0, numpy, opencv-python-headless and pycocotools:

    python peer/fixture_rasters.py [FILE [SHAPES]]

A mask is its size and the lengths of its runs of 0 and 1 in turn, row by row from the upper left. Repeatable to the byte.
"""

import json
import math
import pathlib
import random
import sys

import cv2
import numpy as np
import PIL.Image
import PIL.ImageDraw
from pycocotools import mask as coco

FILE = pathlib.Path(__file__).parents[1] / 'test' / 'fixtures' / 'rasters.json'


def runs(mask):
    flat = np.concatenate([[0], np.asarray(mask).reshape(-1) != 0, [2]])
    changes = np.flatnonzero(np.diff(flat.astype(np.int8)))
    lengths = np.diff(np.concatenate([[0], changes]))
    return lengths.tolist()


def canvas(width, height):
    image = PIL.Image.new('L', (width, height))
    return image, PIL.ImageDraw.Draw(image)


def pillow_polygon(width, height, points):
    image, draw = canvas(width, height)
    draw.polygon(points, outline=1, fill=1)
    return image


def pillow_line(width, height, points):
    image, draw = canvas(width, height)
    draw.line(points, fill=1, width=10)
    return image


def pillow_rectangle(width, height, points):
    (x0, y0), (x1, y1) = points[:2]
    image, draw = canvas(width, height)
    draw.rectangle([min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)], outline=1, fill=1)
    return image


def pillow_circle(width, height, points):
    (x, y), (px, py) = points[:2]
    radius = math.sqrt((x - px) ** 2 + (y - py) ** 2)
    image, draw = canvas(width, height)
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], outline=1, fill=1)
    return image


def opencv_polygon(width, height, points):
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.array(points).astype(np.int32)], 1)
    return mask


def coco_polygon(width, height, points):
    return coco.decode(coco.frPyObjects([np.array(points).reshape(-1).tolist()], height, width))[:, :, 0]


def coco_rle(width, height, points):
    """The same pixels as text, to be decoded."""
    return coco.frPyObjects([np.array(points).reshape(-1).tolist()], height, width)[0]['counts'].decode()


def shape(stream, index):
    width, height = stream.randint(1, 40), stream.randint(1, 40)
    count = stream.choice([3, 3, 4, 5, 8, 12])
    margin = stream.choice([0, 0, 3, 30])
    # Whole, half and any coordinates, since the tools round in different ways.
    step = stream.choice([1, 0.5, 0.01])

    def coordinate(size):
        return round(round(stream.uniform(-margin, size + margin) / step) * step, 2)

    return width, height, [[coordinate(width), coordinate(height)] for _ in range(count)]


def main(file=FILE, shapes=40):
    stream = random.Random(7)
    cases = []
    for index in range(int(shapes)):
        width, height, points = shape(stream, index)
        pairs = [tuple(point) for point in points]
        case = {'width': width, 'height': height, 'points': points}
        for fill in (pillow_polygon, pillow_line, pillow_rectangle, pillow_circle, opencv_polygon, coco_polygon):
            case[fill.__name__] = runs(fill(width, height, pairs))
        case['coco_rle'] = coco_rle(width, height, points)
        cases.append(case)
    lines = ',\n'.join(json.dumps(case, separators=(',', ':')) for case in cases)
    pathlib.Path(file).write_text(f'[\n{lines}\n]\n')


if __name__ == '__main__':
    main(*sys.argv[1:])
