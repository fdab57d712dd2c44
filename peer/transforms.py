"""What happens to a training sample, as in src/data/transforms: resized, recolored, scaled, cropped, mirrored, labels left out,
in this order.

Images are resized and recolored by Pillow itself. All that is random comes from the stream `random(seed, 'augment', k)` of sample k.
"""

import math

import numpy as np
from PIL import Image, ImageEnhance

IGNORE = 255


def transform(pixels, label, stream, size, augment, fill, loss_share=1):
    """Pixels uint8 [H, W, 3] and label uint8 [H, W] of a sample, changed.

    `size` and `augment` are `trainSize` and `augment` of config.json; `fill` is the color around an image that is
    smaller than the window; `loss_share` the share of pixels that count.
    """
    if size['mode'] == 'resize':
        pixels, label = resize(pixels, label, size['height'], size['width'])
    if 'color' in augment:
        pixels = jitter_color(pixels, *(154 + stream.integer(205) for _ in range(3)))  # 0.6 to 1.4
    factor = stream.uniform(0.5, 2) if 'scale' in augment else 1
    whole = (size['of']['height'], size['of']['width']) if 'of' in size else label.shape
    pixels, label = resize(pixels, label, *(max(1, math.floor(side * factor + 0.5)) for side in whole))
    if size['mode'] == 'crop' or (size['mode'] == 'resize' and 'scale' in augment):
        pixels, label = random_crop(pixels, label, stream, size['height'], size['width'], fill)
    if 'flip' in augment and stream.integer(2) == 1:
        pixels, label = pixels[:, ::-1], label[:, ::-1]
    if loss_share < 1:
        label = sample_loss(label, stream, loss_share)
    return pixels, label


def resize(pixels, label, height, width):
    return resize_image(pixels, height, width), resize_label(label, height, width)


def resize_image(pixels, height, width):
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.BILINEAR))


def resize_label(label, height, width):
    """The label of the nearest pixel, centers aligned."""
    rows, columns = ((2 * np.arange(to) + 1) * old // (2 * to) for old, to in zip(label.shape, (height, width)))
    return label[rows[:, None], columns]


def jitter_color(pixels, *factors):
    """Other brightness, contrast and saturation, by these factors in 256ths."""
    image = Image.fromarray(pixels)
    for enhance, factor in zip((ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color), factors):
        image = enhance(image).enhance(factor / 256)
    return np.asarray(image)


def random_crop(pixels, label, stream, height, width, fill):
    """A window; padded on the right and below where the sample is smaller."""
    top = stream.integer(max(0, label.shape[0] - height) + 1)
    left = stream.integer(max(0, label.shape[1] - width) + 1)
    pixels = pixels[top:top + height, left:left + width]
    label = label[top:top + height, left:left + width]
    if label.shape == (height, width):
        return pixels, label
    rows, columns = label.shape
    window = np.empty((height, width, 3), 'uint8')
    window[:] = fill
    window[:rows, :columns] = pixels
    window_label = np.full((height, width), IGNORE, 'uint8')
    window_label[:rows, :columns] = label
    return window, window_label


def sample_loss(label, stream, share):
    """Each pixel keeps its label with probability `share`; two of them share a number of the stream, low half first."""
    numbers = np.array([stream.uint32() for _ in range((label.size + 1) // 2)], '<u4')
    is_kept = numbers.view('<u2')[:label.size].reshape(label.shape) < math.floor(share * 2 ** 16 + 0.5)
    return np.where(is_kept, label, np.uint8(IGNORE))


def mean_color(config):
    """The RGB color that is nearly zero for the network; `config` is `model.input` of config.json."""
    color = [min(255, max(0, math.floor(mean / config['scale'] * 255 + 0.5))) for mean in config['mean']]
    return color if config['channels'] == 'RGB' else color[::-1]
