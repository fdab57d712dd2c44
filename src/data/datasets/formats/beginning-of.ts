import { open } from 'node:fs/promises';
import { inputError } from '../../../base/errors.ts';
import { causeOf } from '../../../base/files.ts';

const length = 2 ** 16;

/** The first 64 kB of a file as text, to see what it may be. */
export async function beginningOf(file: string): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
      const bytes = buffer.subarray(0, bytesRead);
      const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
      return new TextDecoder(encoding).decode(bytes);
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    throw inputError(`cannot read the file ${file}: ${causeOf(thrown)}`, thrown);
  }
}
