"""`.caffemodel` files of Caffe's second format: a NetParameter of caffe.proto, its protobuf written with NumPy alone."""

import numpy as np

from fcn import is_deconvolution

VARINT, BYTES = 0, 2  # wire types of protobuf


def write(path, weights, scales=None):
    """Writes {`LAYER.weight`, `LAYER.bias`: float32 array} as convolutions and deconvolutions.

    `scales` {`LAYER`: float32 array} become Scale layers, one factor for each channel (FCN-8s at once has two).
    """
    names = [name.removesuffix('.weight') for name in weights if name.endswith('.weight')]
    layers = [layer(name, 'Deconvolution' if is_deconvolution(name) else 'Convolution',
                    [weights[key] for key in (f'{name}.weight', f'{name}.bias') if key in weights]) for name in names]
    layers += [layer(name, 'Scale', [factors]) for name, factors in (scales or {}).items()]
    with open(path, 'wb') as file:
        for part in [*message(1, [b'fcn']), *(part for parts in layers for part in message(100, parts))]:
            file.write(part)


# A message is a list of byte strings: the numbers stay where they are until they are in the file.

def layer(name, kind, arrays):
    """LayerParameter: name 1, type 2, blobs 7, convolution_param 106 {num_output 1, bias_term 2, kernel_size 4}."""
    parts = [*message(1, [name.encode()]), *message(2, [kind.encode()])]
    for array in arrays:
        parts += message(7, blob(array))
    if kind != 'Scale':
        weight = arrays[0]
        outputs = weight.shape[1 if kind == 'Deconvolution' else 0]
        parts += message(106, [*number(1, outputs), *number(2, len(arrays) - 1), *number(4, weight.shape[2])])
    return parts


def blob(array):
    """BlobProto: data 5 (packed floats), shape 7 {dim 1 (packed)}."""
    if array.dtype != np.float32:
        raise ValueError(f'blob: got {array.dtype}, expected float32')
    values = memoryview(np.ascontiguousarray(array, '<f4').reshape(-1)).cast('B')
    return [*message(5, [values]), *message(7, message(1, [varint(size) for size in array.shape]))]


def message(field, parts):
    return [varint(field << 3 | BYTES), varint(sum(len(part) for part in parts)), *parts]


def number(field, value):
    return [varint(field << 3 | VARINT), varint(value)]


def varint(value):
    """Seven bits a byte, the lowest first; the top bit says that more follow."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7f | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
