"""safetensors files with numpy alone: 8-byte little-endian header length, JSON header, data."""

import json
import os
import struct

import numpy as np

DTYPES = {'F64': '<f8', 'F32': '<f4', 'F16': '<f2', 'I64': '<i8', 'I32': '<i4', 'U8': 'u1', 'BOOL': '?'}
NAMES = {np.dtype(code): name for name, code in DTYPES.items()}


def write(path, tensors, metadata=None):
    """Writes {name: array}; `metadata` is {name: string}. The old file stays until the new one is whole."""
    header = {'__metadata__': metadata} if metadata else {}
    # Wide types first, as the format's own library does: then every tensor starts at a multiple of its item size.
    arrays = sorted(tensors.items(), key=lambda item: (-item[1].dtype.itemsize, item[0]))
    offset = 0
    for name, array in arrays:
        header[name] = {
            'dtype': NAMES[array.dtype],
            'shape': list(array.shape),
            'data_offsets': [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    temporary = f'{path}.{os.getpid()}.tmp'
    with open(temporary, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        for _, array in arrays:
            file.write(array.tobytes())
    os.replace(temporary, path)


def read(path):
    """({name: array}, metadata) of a safetensors file."""
    with open(path, 'rb') as file:
        (length,) = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop('__metadata__', {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry['data_offsets']
        array = np.frombuffer(data[begin:end], DTYPES[entry['dtype']])
        tensors[name] = array.reshape(entry['shape'])
    return tensors, metadata
