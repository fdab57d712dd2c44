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
  return Buffer.concat([npyHeader(shape), bytesOf(data)]);
}

/** What stands before the numbers of such a file. */
export function npyHeader(shape: readonly number[]): Uint8Array {
  // A Python tuple: one element needs its comma.
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Magic, version and length take 10 bytes; spaces and a newline fill the header so that the data starts at a multiple of 64.
  const headerLength = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10;
  const header = Buffer.alloc(10 + headerLength);
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(headerLength, 8);
  header.write(`${dictionary.padEnd(headerLength - 1)}\n`, 10, 'latin1');
  return header;
}
