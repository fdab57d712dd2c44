"""test/fixtures/pretrained/: small files of the two formats that pretrained networks come in, and what is in them.

`thin.tflite` is the start of a MobileNetV2 of width 1/4 (to block 2) with its classifier, uint8 weights and int32 biases,
written byte by byte here. `deeplab.tflite` is all of a DeepLab on one of width 1/32, with 5 classes. `sparse.net` is a SqueezeNet with a few weights in each layer. `image.png` is what the latter
classifies. pretrained.safetensors: `thin/NAME`, `deeplab/NAME` and, of `sparse.net`, `sparse/NAME/positions` and `sparse/NAME/values` of
the weights that are not 0, `sparse/NAME.bias`, and of the image `sparse/features` (the mean of each feature map) and
`sparse/probabilities`.
"""

import pathlib
import struct

import numpy as np
import torch
from PIL import Image

import squeezenet_file
from check_pretrained import SQUEEZENET_INPUT, view
from models import build
from voc import preprocess

FOLDER = pathlib.Path(__file__).parents[1] / 'test' / 'fixtures' / 'pretrained'

# Scope, ours, shape in TensorFlow's order, operator code.
THIN = (
    ('MobilenetV2/Conv', 'conv1', (8, 3, 3, 3), 3),
    ('MobilenetV2/expanded_conv/depthwise', 'block1_depthwise', (1, 3, 3, 8), 4),
    ('MobilenetV2/expanded_conv/project', 'block1_project', (4, 1, 1, 8), 3),
    ('MobilenetV2/expanded_conv_1/expand', 'block2_expand', (24, 1, 1, 4), 3),
    ('MobilenetV2/expanded_conv_1/depthwise', 'block2_depthwise', (1, 3, 3, 24), 4),
    ('MobilenetV2/expanded_conv_1/project', 'block2_project', (6, 1, 1, 24), 3),
    ('MobilenetV2/Logits/Conv2d_1c_1x1', 'classifier', (10, 1, 1, 320), 3),
)


class FlatWriter:
    """A FlatBuffer from front to back: what is pointed to comes later. Offsets are filled in when it is known where."""

    def __init__(self):
        self.data = bytearray()

    def table(self, fields):
        """A table of {number: bytes of a scalar, or a function that writes what is pointed to}. Returns its place."""
        self.align(8)
        last = max(fields) + 1 if fields else 0
        places, body = {}, bytearray(4)
        for number, value in sorted(fields.items()):
            size = 4 if callable(value) else len(value)
            body += bytes(-len(body) % size)
            places[number] = len(body)
            body += bytes(4) if callable(value) else value
        vtable = len(self.data)
        self.data += struct.pack(f'<HH{last}H', 4 + 2 * last, len(body), *(places.get(i, 0) for i in range(last)))
        self.align(8)
        start = len(self.data)
        struct.pack_into('<i', body, 0, start - vtable)
        self.data += body
        for number, value in fields.items():
            if callable(value):
                self.point(start + places[number], value)
        return start

    def point(self, place, write):
        target = write()
        struct.pack_into('<I', self.data, place, target - place)

    def vector(self, count, content):
        self.align(16, 4)
        start = len(self.data)
        self.data += struct.pack('<I', count) + content
        return start

    def string(self, text):
        return lambda: self.vector(len(text), text.encode() + b'\0')

    def array(self, values):
        return lambda: self.vector(len(values), values.tobytes())

    def tables(self, tables):
        def write():
            start = self.vector(len(tables), bytes(4 * len(tables)))
            for i, fields in enumerate(tables):
                self.point(start + 4 + 4 * i, lambda fields=fields: self.table(fields))
            return start

        return write

    def align(self, size, before=0):
        self.data += bytes(-(len(self.data) + before) % size)


def write_tflite(path, layers):
    """`layers`: (scope, quantized weights, scale, zero point, quantized bias, operator code)."""
    out = FlatWriter()
    u32, i32 = np.dtype('<u4').type, np.dtype('<i4').type
    tensors, buffers, operators = [], [{}], []

    def tensor(name, values, kind, scale, zero):
        quantization = {2: out.array(np.array([scale], '<f4')), 3: out.array(np.array([zero], '<i8'))}
        tensors.append({
            0: out.array(np.array(values.shape, '<i4')), 1: bytes([kind]), 2: u32(len(buffers)).tobytes(),
            3: out.string(name), 4: lambda: out.table(quantization),
        })
        buffers.append({0: out.array(values.ravel().view('u1'))})
        return len(tensors) - 1

    tensors.append({0: out.array(np.array([1, 224, 224, 3], '<i4')), 1: bytes([3]), 3: out.string('input')})
    codes = [3, 4]
    for scope, weight, scale, zero, bias, code in layers:
        op = 'depthwise_Fold' if code == 4 else 'Conv2D_Fold'
        name = f'{scope}/{op};{scope}/weights_quant/FakeQuantWithMinMaxVars'
        w = tensor(name, weight, 3, scale, zero)
        b = tensor(f'{scope}/BatchNorm_Fold/bias', bias, 2, scale / 128, 0)
        inputs = np.array([0, w, b], '<i4')
        operators.append({0: u32(codes.index(code)).tobytes(), 1: out.array(inputs), 2: out.array(np.array([0], '<i4'))})
    out.data += struct.pack('<I4s', 0, b'TFL3')
    graph = {0: out.tables(tensors), 3: out.tables(operators)}
    root = out.table({
        0: u32(3).tobytes(), 1: out.tables([{0: bytes([code]), 2: i32(1).tobytes()} for code in codes]),
        2: out.tables([graph]), 4: out.tables(buffers),
    })
    struct.pack_into('<I', out.data, 0, root)
    path.write_bytes(out.data)


def deeplab_layers():
    """All layers of the network, as THIN has them: by PyTorch's module, under the names of research/deeplab."""
    network = build('deeplabv3-mobilenetv2', 5, 1 / 32)
    for name, parameter in network.named_parameters():
        if name.endswith('.bias'):
            continue
        layer = name[: -len('.weight')]
        block, _, part = layer.partition('_')
        number = block.removeprefix('block')
        suffix = '' if number == '1' else f'_{int(number) - 1}' if number.isdigit() else None
        scope = {'conv1': 'MobilenetV2/Conv', 'score_fr': 'logits/semantic'}.get(layer, layer)
        if suffix is not None:
            scope = f'MobilenetV2/expanded_conv{suffix}/{part}'
        outputs, inputs, height, width = parameter.shape
        shape = (1, height, width, outputs) if part == 'depthwise' else (outputs, height, width, inputs)
        yield scope, layer, shape, 4 if part == 'depthwise' else 3


def quantized(file, chosen, stream):
    layers, expected = [], {}
    for scope, name, shape, code in chosen:
        weight = stream.integers(0, 256, shape, 'u1')
        outputs = shape[3] if code == 4 else shape[0]
        bias = stream.integers(-9999, 9999, outputs).astype('<i4')
        scale, zero = np.float32(stream.uniform(0.001, 0.1)), int(stream.integers(0, 256))
        layers.append((scope, weight, scale, zero, bias, code))
        values = np.float64(scale) * (weight.astype('f8') - zero)
        order = (3, 0, 1, 2) if code == 4 else (0, 3, 1, 2)
        expected[f'{file}/{name}.weight'] = np.ascontiguousarray(values.transpose(order).astype('f4'))
        expected[f'{file}/{name}.bias'] = (np.float64(np.float32(scale / 128)) * bias).astype('f4')
    write_tflite(FOLDER / f'{file}.tflite', layers)
    return expected


def sparse(stream):
    layers, expected = [], {}
    for name, shape in squeezenet_file.shapes().items():
        size = int(np.prod(shape))
        positions = np.sort(stream.choice(size, min(size // 4, 400), replace=False))
        codebook = stream.normal(0, 0.4, 256).astype('f4')
        codebook[0] = 0
        codes, gaps, last = [], [], -1
        for position in positions:
            while position - last > 16:  # a gap is at most 15: entries of code 0 bridge larger ones
                codes, gaps, last = codes + [0], gaps + [15], last + 16
            codes.append(stream.integers(1, 256))
            gaps.append(position - last - 1)
            last = position
        bias = stream.uniform(0, 0.4, shape[0]).astype('f4')
        layers.append((codebook, bias, np.array(codes, 'u1'), np.array(gaps, 'u1')))
        expected[f'sparse/{name}.bias'] = bias
        expected[f'sparse/{name}/positions'] = positions.astype('i4')
        expected[f'sparse/{name}/values'] = codebook[np.array(codes)[np.array(codes) > 0]]
    squeezenet_file.write(FOLDER / 'sparse.net', layers)
    return expected


def pretrained():
    FOLDER.mkdir(exist_ok=True)
    stream = np.random.default_rng(4)
    expected = {**quantized('thin', THIN, stream), **sparse(stream)}
    Image.fromarray(stream.integers(0, 256, (6, 9, 3), 'u1')).resize((45, 30), Image.BICUBIC).save(FOLDER / 'image.png')
    pixels = preprocess(view(FOLDER / 'image.png', 227), SQUEEZENET_INPUT)
    features, probabilities = squeezenet_file.run(
        squeezenet_file.read(FOLDER / 'sparse.net'), torch.from_numpy(pixels)[None].double()
    )
    expected |= quantized('deeplab', deeplab_layers(), np.random.default_rng(5))
    expected['sparse/features'] = features.mean((2, 3))[0].numpy().astype('f4')
    expected['sparse/probabilities'] = probabilities[0].numpy().astype('f4')
    return expected, {}
