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

    def size_of(self, image_id):
        """(height, width) of an image."""
        with Image.open(self._image_file(image_id)) as image:
            return image.size[::-1]

    def load(self, image_id):
        """Pixels uint8 [H, W, 3] (RGB) and label uint8 [H, W] of an image, as they are stored."""
        pixels = np.array(Image.open(self._image_file(image_id)).convert('RGB'))
        label_file = self.root / 'SegmentationClass' / f'{image_id}.png'
        stored = Image.open(label_file)
        if stored.mode not in ('P', 'L') or stored.size != pixels.shape[1::-1]:
            raise SystemExit(f'label {label_file}: got mode {stored.mode} and size {stored.size}, expected a palette '
                             f'or gray PNG of size {pixels.shape[1::-1]}')
        return pixels, np.array(stored)

    def _image_file(self, image_id):
        files = [self.root / 'JPEGImages' / f'{image_id}{suffix}' for suffix in ('.jpg', '.jpeg', '.png')]
        file = next((file for file in files if file.exists()), None)
        if file is None:
            raise SystemExit(f'image {image_id}: there is none in {files[0].parent}, expected .jpg, .jpeg or .png')
        return file


def preprocess(pixels, config):
    """Network input float32 [3, H, W]: (pixel / 255 * scale - mean) / std, channels in the order of the config."""
    values = np.arange(256)[:, None] / 255 * config['scale']
    values = ((values - np.array(config['mean'])) / np.array(config['std'])).astype('float32')  # of each byte [256, 3]
    sources = ['RGB'.index(channel) for channel in config['channels']]
    return np.stack([values[:, plane][pixels[:, :, source]] for plane, source in enumerate(sources)])
