import { bytesOf, sizeOf } from '../../base/tensor.ts';

/**
 * A float32 array as a NumPy .npy file, version 1.0: little-endian `<f4`, C order.
 * Source: numpy.lib.format, "Format Version 1.0".
 */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `encodeNpy: got ${data.length} values, expected ${sizeOf(shape)} for [${shape.join(', ')}]`,
    );
  }
  // A Python tuple: one element needs its comma.
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Magic, version and length take 10 bytes; spaces and a newline fill the header so that the data starts at a multiple of 64.
  const headerLength = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10;
  const file = Buffer.alloc(10 + headerLength + data.byteLength);
  file.write('\x93NUMPY\x01\x00', 'latin1');
  file.writeUInt16LE(headerLength, 8);
  file.write(`${dictionary.padEnd(headerLength - 1)}\n`, 10, 'latin1');
  file.set(bytesOf(data), 10 + headerLength);
  return file;
}
