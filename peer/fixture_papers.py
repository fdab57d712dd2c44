"""Writes test/fixtures/papers/: NYUDv2, SIFT Flow and PASCAL-Context of three images each, by their documented formats.

python3 peer/fixture_papers.py (apt-get install python3-scipy python3-pil; made with SciPy 1.10). The real labels may not be
redistributed: these have the folders, variables, types and values that the data layers of the reference implementation read, written
by SciPy. expected/SET/ID.png holds the classes as NumPy makes them of what SciPy reads back: class - 1 and 255 for void, or for
PASCAL-Context the place in the list of 59 (expected/context) and 33 (expected/context-33).
"""

import pathlib

import numpy as np
import scipy.io
from PIL import Image

import tensors

FOLDER = pathlib.Path(__file__).parents[1] / 'test' / 'fixtures' / 'papers'
INNER = 'spatial_envelope_256x256_static_8outdoorcategories'
SIZES = ((6, 9), (8, 5), (1, 7))  # height, width
# A part of the 459 names; what is neither in the list of 59 nor in that of 33 is background.
NAMES = {1: 'accordion', 2: 'aeroplane', 18: 'bed', 19: 'bedclothes', 23: 'bicycle', 44: 'building', 85: 'cloth', 187: 'ground',
         284: 'person', 308: 'pottedplant', 354: 'sky', 397: 'table', 427: 'tvmonitor', 459: 'wool'}
RENAMED = {'table': 'diningtable', 'bedclothes': 'bedcloth', 'cloth': 'clothes'}
LISTS = {  # some of their classes, by number
    'context': {0: 'background', 1: 'aeroplane', 2: 'bicycle', 11: 'diningtable', 15: 'person', 16: 'pottedplant', 20: 'tvmonitor',
                22: 'bed', 25: 'building', 28: 'clothes', 37: 'ground', 50: 'sky', 52: 'bedcloth'},
    'context-33': {0: 'background', 1: 'aeroplane', 2: 'bicycle', 11: 'diningtable', 15: 'person', 16: 'pottedplant',
                   20: 'tvmonitor', 21: 'sky', 23: 'ground', 25: 'building'},
}


def pattern(size, values, number):
    y, x = np.mgrid[:size[0], :size[1]]
    return np.asarray(values)[(x * 5 + y * 3 + x * y + number) % len(values)]


def matrix(file, variable, values, compress):
    file.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(file, {'names': np.array(['a', 'b'], dtype=object), variable: values}, do_compression=compress)
    data = bytearray(file.read_bytes())
    data[:116] = b'MATLAB 5.0 MAT-file, made by peer/fixture_papers.py'.ljust(116)  # without the time of day
    file.write_bytes(data)
    return scipy.io.loadmat(file)[variable]


def picture(file, size):
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pattern((*size,), range(0, 250, 10), 1).astype('uint8')).convert('RGB').save(file)


def expect(name, image_id, classes):
    file = FOLDER / 'expected' / name / f'{image_id}.png'
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(classes.astype('uint8')).save(file)


def lists(folder, splits):
    folder.mkdir(parents=True, exist_ok=True)
    for split, ids in splits.items():
        (folder / f'{split}.txt').write_text('\n'.join(ids))  # the published lists do not end in a newline


def nyud():
    for number, size in zip(('5001', '5002', '5003'), SIZES):
        read = matrix(FOLDER / f'nyud/segmentation/img_{number}.mat', 'segmentation',
                      pattern(size, [0, 1, 2, 40, 17], int(number)).astype('uint8' if number != '5002' else 'float64'), number != '5003')
        picture(FOLDER / f'nyud/data/images/img_{number}.png', size)
        label = np.array(read, dtype=np.uint8)
        label -= 1  # as nyud_layers.py
        expect('nyud', f'img_{number}', label)
    lists(FOLDER / 'nyud', {'train': ['5001'], 'val': ['5002'], 'test': ['5003']})


def nyud_modalities():
    """data/depth and data/hha of the same scenes, and nyud-inputs.safetensors: MODALITY/img_N [C, H, W], what nyud_layers.py gives Caffe."""
    inputs = {}
    for number, size in zip(('5001', '5002', '5003'), SIZES):
        name = f'img_{number}'
        depth = pattern(size, [923, 2550, 9484, 60000, 1], int(number)).astype('uint16')
        hha = np.stack([pattern(size, values, int(number)) for values in ([0, 132, 255], [94, 7, 200], [118, 250])], axis=-1).astype('uint8')
        for folder, image in (('depth', depth), ('hha', hha)):
            file = FOLDER / f'nyud/data/{folder}/{name}.png'
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(file)
        color = np.array(Image.open(FOLDER / f'nyud/data/images/{name}.png'), dtype=np.float32)
        color = (color[:, :, ::-1] - np.array((104.00699, 116.66877, 122.67892))).transpose(2, 0, 1)  # the mean of VGG-16's weights
        logarithm = np.log(np.array(Image.open(FOLDER / f'nyud/data/depth/{name}.png'), dtype=np.float32))[None] - 7.844
        angles = np.array(Image.open(FOLDER / f'nyud/data/hha/{name}.png'), dtype=np.float32)
        angles = (angles - np.array((132.431, 94.076, 118.477))).transpose(2, 0, 1)
        for modality, parts in (('rgb', [color]), ('rgbd', [color, logarithm]), ('hha', [angles]), ('rgb-hha', [color, angles])):
            inputs[f'{modality}/{name}'] = np.concatenate(parts).astype('float32')
    tensors.write(FOLDER / 'nyud-inputs.safetensors', inputs)


def sift_flow():
    names = ('coast_natu975', 'street_urb1', 'highway_bost2')
    for number, (name, size) in enumerate(zip(names, SIZES)):
        for folder, values, expected, dtypes in (('SemanticLabels', [0, 1, 33, 9], 'semantic', ('uint8', 'float64', 'int16')),
                                                 ('GeoLabels', [-1, 1, 2, 3], 'geometric', ('int8', 'float64', 'int32'))):
            read = matrix(FOLDER / 'siftflow' / folder / INNER / f'{name}.mat', 'S',
                          pattern(size, values, number).astype(dtypes[number]), number > 0)
            read = read.copy()
            if expected == 'geometric':
                read[read == -1] = 0  # as siftflow_layers.py
            label = np.array(read, dtype=np.uint8)
            label -= 1
            expect(expected, name, label)
        picture(FOLDER / 'siftflow' / 'Images' / INNER / f'{name}.jpg', size)
    lists(FOLDER / 'siftflow', {'trainval': names[:2], 'test': names[2:]})


def context():
    ids = ('2008_000002', '2008_000003', '2008_000007')
    for number, (image_id, size) in enumerate(zip(ids, SIZES)):
        read = matrix(FOLDER / f'context/trainval/{image_id}.mat', 'LabelMap',
                      pattern(size, [0, *NAMES], number).astype('uint16'), number != 1)
        for name, classes in LISTS.items():
            numbers = {known: index for index, known in classes.items()}
            of_value = {value: numbers.get(RENAMED.get(known, known), 0) for value, known in NAMES.items()} | {0: 0}
            expect(name, image_id, np.vectorize(of_value.get)(read))
        picture(FOLDER / f'VOC2010/JPEGImages/{image_id}.jpg', size)
    (FOLDER / 'context/labels.txt').write_text(''.join(f'{number}: {name}\n' for number, name in NAMES.items()))
    lists(FOLDER / 'VOC2010/ImageSets/Main', {'train': ids[:2], 'val': ids[2:], 'aeroplane_train': [f'{ids[0]}  1']})


if __name__ == '__main__':
    nyud()
    nyud_modalities()
    sift_flow()
    context()
