"""Writes test/fixtures/sbd/: a Semantic Boundaries Dataset of four images, its labels written by SciPy.

python3 peer/fixture_sbd.py (apt-get install python3-scipy; made with SciPy 1.10). cls/ID.mat is as in SBD: a struct
GTcls of Boundaries (cell of sparse matrices, a class), Segmentation and CategoriesPresent. expected/ID.png holds
Segmentation as SciPy reads it back. broken/ holds MATLAB files that are no label of SBD.
"""

import pathlib

import numpy as np
import scipy.io
import scipy.sparse
from PIL import Image

FOLDER = pathlib.Path(__file__).parents[1] / 'test' / 'fixtures' / 'sbd'
SIZES = {'2008_000002': (9, 7), '2008_000003': (7, 12), '2008_000007': (1, 1), '2008_000008': (3, 1)}  # height, width
SPLITS = {'train': ['2008_000002', '2008_000003'], 'val': ['2008_000007', '2008_000008']}


def label(height, width):
    y, x = np.mgrid[:height, :width]
    return ((x * 5 + y * 3 + x * y) % 21).astype(np.uint8)


def struct(segmentation):
    boundaries = np.empty((20, 1), dtype=object)
    for index in range(20):
        edges = (segmentation == index + 1) & (np.roll(segmentation, 1) != index + 1)
        boundaries[index, 0] = scipy.sparse.csc_matrix(edges.astype(float))
    present = np.setdiff1d(np.unique(segmentation), [0]).astype(np.uint8).reshape(-1, 1)
    return {'Boundaries': boundaries, 'Segmentation': segmentation, 'CategoriesPresent': present}


def write(name, variables, compress):
    file = FOLDER / name
    file.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(file, variables, do_compression=compress)
    data = bytearray(file.read_bytes())
    data[:116] = b'MATLAB 5.0 MAT-file, made by peer/fixture_sbd.py'.ljust(116)  # without the time of day
    file.write_bytes(data)
    return file


if __name__ == '__main__':
    for folder in ('img', 'expected'):
        (FOLDER / folder).mkdir(parents=True, exist_ok=True)
    for number, (image_id, size) in enumerate(SIZES.items()):
        file = write(f'cls/{image_id}.mat', {'GTcls': struct(label(*size))}, compress=number != 1)
        read = scipy.io.loadmat(file)['GTcls'][0]['Segmentation'][0]
        Image.fromarray(read).save(FOLDER / 'expected' / f'{image_id}.png')
        pixels = np.stack([read * 12] * 3, axis=2)
        Image.fromarray(pixels).save(FOLDER / 'img' / f'{image_id}.jpg')
    for split, ids in SPLITS.items():
        (FOLDER / f'{split}.txt').write_text(''.join(f'{image_id}\n' for image_id in ids))
    write('broken/other-variable.mat', {'GTinst': struct(label(3, 4))}, compress=True)
    write('broken/other-field.mat', {'GTcls': {'Categories': label(3, 4)}}, compress=True)
    write('broken/double.mat', {'GTcls': {'Segmentation': label(3, 4).astype(float)}}, compress=False)
    write('broken/no-struct.mat', {'GTcls': label(3, 4)}, compress=False)
    write('broken/three-dimensions.mat', {'GTcls': {'Segmentation': np.zeros((2, 2, 2), np.uint8)}}, compress=False)
