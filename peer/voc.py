"""Images and labels of a folder in PASCAL VOC's layout, read with Pillow; images as the network's input."""

import pathlib

import numpy as np
from PIL import Image


class Voc:
    def __init__(self, folder):
        """`folder` holds JPEGImages, or lies above the one folder that does."""
        folder = pathlib.Path(folder)
        roots = [path.parent for pattern in ('', '*/', '*/*/') for path in folder.glob(f'{pattern}JPEGImages')]
        if len(roots) != 1:
            raise SystemExit(f'data {folder}: got {len(roots)} folders JPEGImages in it or below, expected one')
        self.root = roots[0]

    def ids(self, split):
        text = (self.root / 'ImageSets' / 'Segmentation' / f'{split}.txt').read_text()
        return [line.split()[0] for line in text.splitlines() if line.strip()]

    def load(self, image_id):
        """Pixels uint8 [H, W, 3] (RGB) and label uint8 [H, W] of an image, as they are stored."""
        files = [self.root / 'JPEGImages' / f'{image_id}{suffix}' for suffix in ('.jpg', '.jpeg', '.png')]
        file = next((file for file in files if file.exists()), None)
        if file is None:
            raise SystemExit(f'image {image_id}: there is none in {files[0].parent}, expected .jpg, .jpeg or .png')
        pixels = np.array(Image.open(file).convert('RGB'))
        label_file = self.root / 'SegmentationClass' / f'{image_id}.png'
        stored = Image.open(label_file)
        if stored.mode not in ('P', 'L') or stored.size != pixels.shape[1::-1]:
            raise SystemExit(f'label {label_file}: got mode {stored.mode} and size {stored.size}, expected a palette '
                             f'or gray PNG of size {pixels.shape[1::-1]}')
        return pixels, np.array(stored)


def preprocess(pixels, config):
    """Network input float32 [3, H, W]: (pixel / 255 * scale - mean) / std, channels in the order of the config."""
    channels = pixels if config['channels'] == 'RGB' else pixels[:, :, ::-1]
    values = (channels / 255 * config['scale'] - np.array(config['mean'])) / np.array(config['std'])
    return np.ascontiguousarray(values.transpose(2, 0, 1), dtype='float32')
