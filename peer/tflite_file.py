"""TensorFlow Lite files, parsed and run by their own operators: NumPy, struct and PyTorch, no TensorFlow.

Field numbers are those of tensorflow/lite/schema/schema.fbs, version 3.
"""

import struct

import numpy as np
import torch
import torch.nn.functional as F

ADD, AVERAGE_POOL, CONV, DEPTHWISE, RESHAPE, SOFTMAX = 0, 1, 3, 4, 22, 25
TYPES = {0: '<f4', 1: '<f2', 2: '<i4', 3: 'u1', 9: 'i1'}


class Table:
    def __init__(self, data, position):
        self.data, self.position = data, position

    def _read(self, code, at):
        return struct.unpack_from('<' + code, self.data, at)[0]

    def _field(self, number):
        vtable = self.position - self._read('i', self.position)
        entry = 4 + 2 * number
        offset = self._read('H', vtable + entry) if entry < self._read('H', vtable) else 0
        return self.position + offset if offset else None

    def scalar(self, number, code, default=0):
        at = self._field(number)
        return default if at is None else self._read(code, at)

    def table(self, number):
        at = self._field(number)
        return None if at is None else Table(self.data, at + self._read('I', at))

    def array(self, number, dtype):
        at = self._field(number)
        if at is None:
            return np.zeros(0, dtype)
        start = at + self._read('I', at)
        return np.frombuffer(self.data, dtype, self._read('I', start), start + 4)

    def tables(self, number):
        at = self._field(number)
        if at is None:
            return []
        start = at + self._read('I', at)
        places = [start + 4 + 4 * i for i in range(self._read('I', start))]
        return [Table(self.data, place + self._read('I', place)) for place in places]


class Model:
    """`operators`: (code, inputs, outputs, options); constants by tensor index, dequantized, in TensorFlow's order."""

    def __init__(self, path):
        with open(path, 'rb') as file:
            data = file.read()
        root = Table(data, struct.unpack_from('<I', data)[0])
        codes = [max(code.scalar(0, 'b'), code.scalar(3, 'i')) for code in root.tables(1)]
        buffers = [buffer.array(0, 'u1') for buffer in root.tables(4)]
        graph = root.tables(2)[0]
        self.inputs = graph.array(1, '<i4').tolist()
        self.outputs = graph.array(2, '<i4').tolist()
        self.names, self.constants = [], {}
        for index, tensor in enumerate(graph.tables(0)):
            self.names.append(tensor.array(3, 'u1').tobytes().decode())
            content = buffers[tensor.scalar(2, 'I')]
            if content.size:
                self.constants[index] = dequantize(tensor, content)
        self.operators = [
            (codes[op.scalar(0, 'I')], op.array(1, '<i4').tolist(), op.array(2, '<i4').tolist(), op.table(4))
            for op in graph.tables(3)
        ]

    def run(self, image):
        """Values of all tensors by index, of an image [1, 3, H, W]; feature maps are [1, C, H, W]."""
        values = {self.inputs[0]: image}
        for code, inputs, outputs, options in self.operators:
            values[outputs[0]] = self._apply(code, inputs, options, values)
        return values

    def _apply(self, code, inputs, options, values):
        x = values[inputs[0]]
        if code in (CONV, DEPTHWISE):
            weight = torch.from_numpy(self.constants[inputs[1]])
            bias = torch.from_numpy(self.constants[inputs[2]])
            order = (0, 3, 1, 2) if code == CONV else (3, 0, 1, 2)
            weight = weight.permute(*order).contiguous()
            stride = options.scalar(2, 'i'), options.scalar(1, 'i')
            y = pad(x, weight.shape[2:], stride, options.scalar(0, 'b'), 0)
            y = F.conv2d(y, weight, bias, stride, groups=1 if code == CONV else x.shape[1])
            return activate(y, options.scalar(3 if code == CONV else 4, 'b'))
        if code == ADD:
            return activate(x + values[inputs[1]], options.scalar(0, 'b'))
        if code == AVERAGE_POOL:
            window = options.scalar(4, 'i'), options.scalar(3, 'i')
            if tuple(x.shape[2:]) != window:
                raise SystemExit(f'average pooling: got {window} on {tuple(x.shape)}, expected the whole map')
            return x.mean((2, 3), keepdim=True)
        if code == RESHAPE:
            return x.flatten(1)
        if code == SOFTMAX:
            return x.softmax(1)
        raise SystemExit(f'operator {code}: expected one of a classifier')


def dequantize(tensor, content):
    """w = scale * (q - zero point), float32, in the shape of the tensor."""
    shape = tensor.array(0, '<i4')
    values = content.view(TYPES[tensor.scalar(1, 'b')]).reshape(shape)
    quantization = tensor.table(4)
    scale = quantization.array(2, '<f4') if quantization else np.zeros(0)
    if not scale.size:
        return values
    zero = quantization.array(3, '<i8')
    axis = quantization.scalar(6, 'i')
    per = [-1 if i == axis and scale.size > 1 else 1 for i in range(len(shape))]
    return (scale.astype('f8').reshape(per) * (values.astype('f8') - zero.reshape(per))).astype('f4')


def pad(x, kernel, stride, padding, value):
    """TensorFlow's SAME (0): the result has ceil(size / stride) pixels, and what is odd goes to the end. VALID (1): none."""
    if padding == 1:
        return x
    pads = []
    for size, k, s in zip(reversed(x.shape[2:]), reversed(kernel), reversed(stride)):
        total = max((-(-size // s) - 1) * s + k - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)


def activate(x, kind):
    if kind not in (0, 1, 3):
        raise SystemExit(f'activation {kind}: expected none, ReLU or ReLU6')
    return x if kind == 0 else x.clamp(0) if kind == 1 else x.clamp(0, 6)
