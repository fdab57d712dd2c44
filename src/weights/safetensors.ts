import { type FileHandle, open, stat } from 'node:fs/promises';
import { FcnError, inputError } from '../errors.ts';
import { causeOf, writeFileAtomic } from '../files.ts';
import { allocate, type Tensor } from '../tensor.ts';
import { damaged, encodeHeader, headerLimit, lengthBytes, parseHeader } from './safetensors-header.ts';

export interface Safetensors {
  /** By name, in the order in which they lie in the file. */
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The content of a safetensors file, of the types F32, U8, I32, I64 and BOOL. Each tensor is read straight into memory
 * of its own; nothing is allocated that the file is not large enough to fill.
 * @throws FcnError naming the file and the offset when it cannot be read or is not as the format wants it.
 */
export async function readSafetensors(file: string): Promise<Safetensors> {
  let handle: FileHandle | undefined;
  try {
    if (!(await stat(file)).isFile()) throw inputError(`safetensors file ${file}: it is not a regular file`);
    handle = await open(file, 'r');
    return await readContent(handle, file);
  } catch (thrown) {
    if (thrown instanceof FcnError) throw thrown;
    throw inputError(`cannot read the safetensors file ${file}: ${causeOf(thrown)}`, thrown);
  } finally {
    await handle?.close();
  }
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
): Promise<void> {
  const entries = [...tensors];
  await writeFileAtomic(file, [
    encodeHeader(entries, metadata),
    ...entries.map(([, tensor]) => bytesOf(tensor)),
  ]);
}

async function readContent(handle: FileHandle, file: string): Promise<Safetensors> {
  const { size } = await handle.stat();
  const prefix = Buffer.alloc(lengthBytes);
  await readFully(handle, prefix, 0, file);
  const headerBytes = Number(prefix.readBigUInt64LE());
  const most = Math.min(headerLimit, size - lengthBytes);
  if (headerBytes > most) {
    throw damaged(
      file,
      `got a header of ${headerBytes} bytes by the length at offset 0, expected at most ${most}`,
    );
  }
  const json = Buffer.alloc(headerBytes);
  await readFully(handle, json, lengthBytes, file);

  const dataStart = lengthBytes + headerBytes;
  const { entries, metadata } = parseHeader(json, size - dataStart, file);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin } of entries) {
    const tensor = allocate(dtype, shape);
    await readFully(handle, bytesOf(tensor), dataStart + begin, file);
    tensors.set(name, tensor);
  }
  return { tensors, metadata };
}

/** One system call reads less than 2 GiB. */
const chunkBytes = 2 ** 28;

async function readFully(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
  file: string,
): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(chunkBytes, target.length - done);
    const { bytesRead } = await handle.read(target, done, length, position + done);
    if (bytesRead === 0) {
      throw damaged(
        file,
        `ends at offset ${position + done}, expected ${target.length} bytes at offset ${position}`,
      );
    }
    done += bytesRead;
  }
}

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
