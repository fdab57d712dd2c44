"""The SqueezeNet file of Deep Compression (github.com/songhan/SqueezeNet-Deep-Compression), and its network in PyTorch."""

import numpy as np
import torch
import torch.nn.functional as F

FIRES = ((96, 16), (128, 16), (128, 32), (256, 32), (256, 48), (384, 48), (384, 64), (512, 64))  # inputs, squeezed


def shapes():
    """Layers in the order of the file: name to shape [O, I, K, K]."""
    layers = {'conv1': (96, 3, 7, 7)}
    for number, (inputs, squeezed) in enumerate(FIRES, start=2):
        layers[f'fire{number}_squeeze1x1'] = (squeezed, inputs, 1, 1)
        layers[f'fire{number}_expand1x1'] = (4 * squeezed, squeezed, 1, 1)
        layers[f'fire{number}_expand3x3'] = (4 * squeezed, squeezed, 3, 3)
    layers['conv10'] = (1000, 512, 1, 1)
    return layers


def read(path):
    """{NAME.weight: array, NAME.bias: array}"""
    data = np.fromfile(path, 'u1')
    layers = shapes()
    counts = data[: 4 * len(layers)].view('<u4')
    rest = data[4 * len(layers) :]

    def take(count, dtype):
        nonlocal rest
        size = count * np.dtype(dtype).itemsize
        values, rest = rest[:size].copy().view(dtype), rest[size:]
        return values

    tensors = {}
    for (name, shape), count in zip(layers.items(), counts.tolist()):
        codebook = take(256, '<f4')
        tensors[f'{name}.bias'] = take(shape[0], '<f4')
        codes = take(count, 'u1')
        packed = take((count + 1) // 2, 'u1')
        gaps = np.stack([packed & 15, packed >> 4], 1).ravel()[:count]
        weight = np.zeros(np.prod(shape), 'f4')
        weight[np.cumsum(gaps.astype('i8') + 1) - 1] = codebook[codes]
        tensors[f'{name}.weight'] = weight.reshape(shape)
    if rest.size:
        raise SystemExit(f'{path}: {rest.size} bytes left over')
    return tensors


def write(path, layers):
    """`layers`: for each, in order, (codebook float32 [256], bias float32 [O], codes uint8, gaps below 16)."""
    with open(path, 'wb') as file:
        file.write(np.array([len(codes) for _, _, codes, _ in layers], '<u4').tobytes())
        for codebook, bias, codes, gaps in layers:
            gaps = np.concatenate([gaps, np.zeros(len(gaps) % 2, 'u1')]).astype('u1')
            file.write(codebook.astype('<f4').tobytes() + bias.astype('<f4').tobytes())
            file.write(codes.astype('u1').tobytes() + (gaps[::2] | gaps[1::2] << 4).tobytes())


def run(tensors, image):
    """(features of fire9, probabilities) of an image [1, 3, 227, 227]."""
    weights = {name: torch.from_numpy(values).to(image.dtype) for name, values in tensors.items()}

    def conv(x, name, **options):
        return F.conv2d(x, weights[f'{name}.weight'], weights[f'{name}.bias'], **options).relu()

    x = F.max_pool2d(conv(image, 'conv1', stride=2), 3, 2, ceil_mode=True)
    for number in range(2, 10):
        x = conv(x, f'fire{number}_squeeze1x1')
        x = torch.cat([conv(x, f'fire{number}_expand1x1'), conv(x, f'fire{number}_expand3x3', padding=1)], 1)
        if number in (4, 8):
            x = F.max_pool2d(x, 3, 2, ceil_mode=True)
    return x, conv(x, 'conv10').mean((2, 3)).softmax(1)
