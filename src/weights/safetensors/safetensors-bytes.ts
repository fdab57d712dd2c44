import { inputError } from '../../base/errors.ts';
import { allocate, bytesOf, type Tensor } from '../../base/tensor.ts';
import { expandHalves, halvesOf, toHalves } from '../half-precision.ts';
import { quote } from '../quote.ts';
import {
  damaged,
  encodeHeader,
  headerLength,
  lengthBytes,
  parseHeader,
  type Safetensors,
} from './safetensors-header.ts';
import { Seal, sealHeader } from './seal.ts';

/**
 * As readSafetensors, of a file that is in memory (in a page, where there is no disk). Tensors are copies.
 * @param file its name, for messages
 * @throws FcnError naming the file and the offset when it is not as the format wants it.
 */
export function parseSafetensors(bytes: Uint8Array, file: string): Safetensors {
  if (bytes.length < lengthBytes) {
    throw damaged(file, `ends at offset ${bytes.length}, expected ${lengthBytes} bytes at offset 0`);
  }
  const dataStart = lengthBytes + headerLength(bytes, bytes.length, file);
  const json = bytes.subarray(lengthBytes, dataStart);
  const { entries, ...rest } = parseHeader(json, bytes.length - dataStart, file);
  const seal = Seal.find(bytes.subarray(0, lengthBytes), json);
  seal?.add(bytes.subarray(dataStart));
  seal?.check(file);
  const tensors = entries.map(({ name, dtype, half, shape, begin, end }) => {
    const tensor = allocate(dtype, shape);
    const target = half ? halvesOf(tensor.data as Float32Array) : bytesOf(tensor.data);
    target.set(bytes.subarray(dataStart + begin, dataStart + end));
    if (half) expandHalves(tensor.data as Float32Array, half);
    return [name, tensor] as const;
  });
  return { tensors: new Map(tensors), ...rest };
}

export interface WriteOptions {
  /** Write float32 numbers in half precision: half as large, with 3 to 4 digits. Default: false. */
  readonly half?: boolean;
}

/**
 * A safetensors file whose data are the tensors in this order, in parts that follow each other: the header, with the
 * checksum of all, then the memory of each tensor, which is not copied but for halves.
 * @param half writes float32 numbers in half the bytes, rounded
 */
export function safetensorsParts(
  tensors: Iterable<readonly [string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
  { half = false }: WriteOptions = {},
): Uint8Array[] {
  const entries = [...tensors];
  const header = encodeHeader(entries, metadata, half);
  const data = entries.map(([name, { dtype, data }]) =>
    half && dtype === 'float32' ? bytesOfHalves(name, data as Float32Array) : bytesOf(data),
  );
  sealHeader(header, data);
  return [header, ...data];
}

/** @throws FcnError naming a tensor with a number that no half can be */
function bytesOfHalves(name: string, data: Float32Array): Uint8Array {
  try {
    return new Uint8Array(toHalves(data).buffer);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw inputError(`tensor ${quote(name)}: ${thrown.message}; write it in full precision`, thrown);
  }
}
