import type { FileHandle } from 'node:fs/promises';
import { concurrentCrc32 } from '../../base/concurrent-crc32.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { mapFile } from '../../base/map-file.ts';
import { allocate, bytesOf, sizeOf, type Tensor } from '../../base/tensor.ts';
import { readFully, withFile } from '../file-reading.ts';
import { expandHalves, halvesOf } from '../half-precision.ts';
import { safetensorsParts, type WriteOptions } from './safetensors-bytes.ts';
import {
  damaged,
  headerLength,
  lengthBytes,
  parseHeader,
  type Safetensors,
  type TensorEntry,
} from './safetensors-header.ts';
import { Seal } from './seal.ts';

export type { Safetensors } from './safetensors-header.ts';

export interface ReadOptions {
  /**
   * Use tensors where they lie in the file, if the system can do that, instead of reading them: for a process that is
   * soon over. The file may be replaced by another meanwhile, but not changed in place (see mapFile). Default: false.
   */
  readonly mapped?: boolean;
}

export interface ComparingOptions extends ReadOptions {
  /**
   * Is given the comparison of the checksum where tensors are mapped, which is under way then and rejects where they are damaged. The
   * caller handles that at once, and waits for it before anything that was computed with them leaves the program. Default: reading waits.
   */
  readonly onComparing?: (comparing: Promise<void>) => void;
}

/**
 * The content of a safetensors file, of the types F32, F16, BF16, F64, U8, I32, I64 and BOOL; halves and doubles become float32. Each
 * tensor is read straight into memory of its own; nothing is allocated that the file is not large enough to fill.
 * @throws FcnError naming the file and the offset when it cannot be read or is not as the format wants it, or not as it was
 * written: files of ours have a checksum, which every way of reading checks.
 */
export async function readSafetensors(file: string, options: ReadOptions = {}): Promise<Safetensors> {
  return readSafetensorsWith(file, options);
}

/** The same, where the caller may wait for the comparison of the checksum. */
export async function readSafetensorsWith(file: string, options: ComparingOptions): Promise<Safetensors> {
  return withFile(file, 'safetensors file', (handle) => readContent(handle, file, options));
}

/**
 * Writes a safetensors file whose data are the tensors in this order, atomically and from their own memory: they must
 * not change before the promise settles.
 * @throws FcnError (exit code 1) when the disk is full or the folder cannot be written.
 */
export async function writeSafetensors(
  file: string,
  tensors: Iterable<readonly [string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
  options: WriteOptions = {},
): Promise<void> {
  await writeFileAtomic(file, safetensorsParts(tensors, metadata, options));
}

async function readContent(
  handle: FileHandle,
  file: string,
  { mapped = false, onComparing }: ComparingOptions,
): Promise<Safetensors> {
  const { size } = await handle.stat();
  const prefix = Buffer.alloc(lengthBytes);
  await readExactly(handle, prefix, 0, file);
  const headerBytes = headerLength(prefix, size, file);
  const json = Buffer.alloc(headerBytes);
  await readExactly(handle, json, lengthBytes, file);

  const dataStart = lengthBytes + headerBytes;
  const { entries, ...rest } = parseHeader(json, size - dataStart, file);
  const seal = Seal.find(prefix, json);
  // A dtype that we never write leaves a tensor unread, and the checksum wrong, as it should be.
  const memory = mapped ? await mapFile(handle.fd, size) : undefined;
  if (memory && seal) {
    const data = new Uint8Array(memory, dataStart);
    const comparing = seal.addBy(concurrentCrc32, data).then(() => seal.check(file));
    if (onComparing) onComparing(comparing);
    else await comparing;
  }
  const onRead = memory ? undefined : (bytes: Uint8Array) => seal?.add(bytes);
  const tensors = new Map<string, Tensor>();
  for (const entry of entries) {
    const position = dataStart + entry.begin;
    const tensor =
      (memory && tensorIn(memory, entry, position)) ??
      (await readTensor(handle, entry, position, file, onRead));
    tensors.set(entry.name, tensor);
  }
  if (!memory) seal?.check(file);
  return { tensors, ...rest };
}

/** The tensor where it lies; undefined if its elements have to be converted, or lie where no array can begin. */
function tensorIn(
  memory: ArrayBuffer,
  { dtype, half, isDouble, shape }: TensorEntry,
  position: number,
): Tensor | undefined {
  const isAligned = position % Float32Array.BYTES_PER_ELEMENT === 0;
  if (dtype !== 'float32' || half || isDouble || !isAligned) return undefined;
  return { dtype, shape, data: new Float32Array(memory, position, sizeOf(shape)) };
}

async function readTensor(
  handle: FileHandle,
  { dtype, half, isDouble, shape }: TensorEntry,
  position: number,
  file: string,
  onRead?: (bytes: Uint8Array) => void,
): Promise<Tensor> {
  const tensor = allocate(dtype, shape);
  if (isDouble) {
    const doubles = new Float64Array(sizeOf(shape));
    await readExactly(handle, bytesOf(doubles), position, file, onRead);
    (tensor.data as Float32Array).set(doubles);
    return tensor;
  }
  const target = half ? halvesOf(tensor.data as Float32Array) : bytesOf(tensor.data);
  await readExactly(handle, target, position, file, onRead);
  if (half) expandHalves(tensor.data as Float32Array, half);
  return tensor;
}

async function readExactly(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
  file: string,
  onRead?: (bytes: Uint8Array) => void,
): Promise<void> {
  const done = await readFully(handle, target, position, onRead);
  if (done < target.length) {
    const expected = `${target.length} bytes at offset ${position}`;
    throw damaged(file, `ends at offset ${position + done}, expected ${expected}`);
  }
}
