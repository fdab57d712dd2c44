"""test/fixtures/torch/*.pth: files of torch.save of every kind that we read or refuse. `python3 peer/fixture_torch.py`.

Values are quarters, which every floating-point type holds, so that the tests can tell them by formula: element i of a
tensor made by `quarters(n, start)` is (i + start) / 4. Only half.pth and half-legacy.pth hold any bits; what
they are as float32 is in half-values.safetensors.
"""

import argparse
import collections
import datetime
import enum
import functools
import os
import pathlib
import pickle

import numpy as np
import torch

import tensors

FOLDER = pathlib.Path(__file__).parents[1] / 'test' / 'fixtures' / 'torch'


def quarters(shape, start=0, dtype=torch.float32):
    count = int(np.prod(shape))
    return ((torch.arange(count, dtype=torch.float64) + start) / 4).reshape(shape).to(dtype)


def state_dict():
    """A state dict as modules make it: an OrderedDict with _metadata, and the counter of a BatchNorm."""
    network = torch.nn.Sequential(collections.OrderedDict(
        conv=torch.nn.Conv2d(2, 3, 3), norm=torch.nn.BatchNorm2d(3), score=torch.nn.Conv2d(3, 2, 1, bias=False)))
    with torch.no_grad():
        for index, value in enumerate(network.state_dict().values()):
            if value.is_floating_point():
                value.copy_(quarters(value.shape, index))
    return network, network.state_dict()


def views():
    """Tensors that look into others' memory."""
    base = quarters((4, 6))
    return {
        'base': base,
        'row': base[2],
        'column': base[:, 3],
        'window': base[1:3, 2:5],
        'transposed': base.t(),
        'permuted': quarters((2, 3, 4)).permute(2, 0, 1),
        'stepped': base[::2, ::3],
        'expanded': quarters((3, 1), 1).expand(3, 4),
        'again': base,
        'scalar': quarters((1,), 7)[0],
        'empty': torch.zeros(0, 3),
        'one': base[1:2, 4:5],
        'channels_last': quarters((2, 3, 2, 2)).contiguous(memory_format=torch.channels_last),
    }


def checkpoint():
    """What torchfcn's trainer writes, its best score a NumPy number."""
    network, weights = state_dict()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    network(torch.ones(1, 2, 5, 5)).sum().backward()
    optimizer.step()
    _, weights = state_dict()
    return {
        'epoch': 3,
        'iteration': 12345678901,
        'arch': 'FCN8s',
        'optim_state_dict': optimizer.state_dict(),
        'model_state_dict': weights,
        'best_mean_iu': np.float64(0.65),
    }


class Malicious:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return os.system, ('echo this must never be printed; touch executed',)


class Custom:
    """Of a class that is not there when the file is read."""

    def __init__(self, weights):
        self.options = {'weights': weights, 'path': pathlib.PurePosixPath('/data/x')}


class Phase(enum.Enum):
    TRAIN = 1


def objects():
    """A checkpoint with what people keep beside the weights, and tensors that are no float32 among them."""
    _, weights = state_dict()
    weights['quantized'] = torch.quantize_per_tensor(quarters((2, 3)), 0.25, 0, torch.qint8)
    weights['sparse'] = quarters((2, 3)).to_sparse()
    weights['complex'] = torch.complex(quarters((2,)), quarters((2,)))
    return {
        'args': argparse.Namespace(lr=0.1, path=pathlib.PurePosixPath('/data'), names=['a', 'b']),
        'best': np.float64(0.65),
        'confusion': np.arange(6).reshape(2, 3),
        'names': np.array(['road', 'car'], dtype=object),
        'when': datetime.datetime(2020, 1, 2, 3, 4, 5),
        'took': datetime.timedelta(seconds=7),
        'loss': functools.partial(torch.nn.functional.cross_entropy, ignore_index=255),
        'phase': Phase.TRAIN,
        'history': collections.defaultdict(list, loss=[1.0, 0.5]),
        'counts': collections.Counter('abca'),
        'custom': Custom(quarters((2, 2))),
        'class': Custom,
        'range': range(3),
        'slice': slice(1, 2),
        'numbers': (1 + 2j, 2 ** 70, frozenset([1]), {1, 2}, b'bytes', bytearray(b'more')),
        'dtype': torch.float16,
        'device': torch.device('cuda', 0),
        'generator': torch.Generator().get_state(),
        'epoch': 3,
        'state_dict': weights,
    }


def half_values():
    """Every kind of number: zeros, subnormal, normal, infinite, and NaN."""
    bits = np.concatenate([np.arange(0, 2 ** 16, 97), [0, 1, 2, 0x3ff, 0x400, 0x7bff, 0x7c00, 0x8000, 0xfc00, 0x7e00]])
    halves = torch.from_numpy(bits.astype(np.uint16).view(np.int16))
    return halves.view(torch.float16), halves.clone().view(torch.bfloat16)


def save(name, value, **options):
    torch.save(value, FOLDER / name, **options)


if __name__ == '__main__':
    FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(0)
    legacy = {'_use_new_zipfile_serialization': False}
    network, weights = state_dict()
    half, bfloat16 = half_values()

    save('state-dict.pth', weights)
    save('state-dict-legacy.pth', weights, **legacy)
    save('protocol-4.pth', weights, pickle_protocol=4)
    save('protocol-5-legacy.pth', weights, pickle_protocol=5, **legacy)
    save('views.pth', views())
    save('views-legacy.pth', views(), **legacy)
    save('types.pth', {
        'half': quarters((3, 2), 0, torch.float16),
        'half_transposed': quarters((3, 2), 0, torch.float16).t(),
        'bfloat16': quarters((3, 2), 0, torch.bfloat16),
        'double': quarters((3, 2), 0, torch.float64),
        'double_view': quarters((3, 2), 0, torch.float64)[1:],
        'counter': torch.tensor(7),
        'mask': torch.tensor([True, False]),
        'bytes': torch.arange(3, dtype=torch.uint8),
    })
    save('half.pth', {'half': half, 'bfloat16': bfloat16})
    save('half-legacy.pth', {'half': half, 'bfloat16': bfloat16}, **legacy)
    tensors.write(FOLDER / 'half-values.safetensors',
                  {'half': half.float().numpy(), 'bfloat16': bfloat16.float().numpy()})
    save('checkpoint.pth', checkpoint())
    save('checkpoint-legacy.pth', checkpoint(), **legacy)
    save('nested.pth', {'model': {'state_dict': {f'module.{name}': value for name, value in weights.items()}}})
    save('parallel.pth', torch.nn.DataParallel(network).state_dict())
    save('parameters.pth', dict(network.named_parameters()))

    save('objects.pth', objects())
    save('objects-legacy.pth', objects(), **legacy)
    save('malicious.pth', {'state_dict': weights, 'extra': Malicious()})
    save('malicious-legacy.pth', Malicious(), **legacy)
    save('module.pth', network)
    save('list.pth', [1, 2, 3])
    save('no-tensors.pth', {'epoch': 3, 'state': {'weight': 2}})
    with open(FOLDER / 'plain-pickle.pth', 'wb') as file:
        pickle.dump({'weight': [1.0, 2.0]}, file)
    torch.jit.script(torch.nn.ReLU()).save(str(FOLDER / 'torchscript.pth'))
    for file in sorted(FOLDER.iterdir()):
        print(f'{file.name}: {file.stat().st_size} bytes')
