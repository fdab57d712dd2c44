import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { inputError } from '../errors.ts';
import { causeOf } from '../files.ts';
import type { PublishedFile } from './published-file.ts';

/**
 * Compares a file on the disk with what is published: its size and its checksum, where they are known.
 * @returns the difference, `got X, expected Y`; undefined when there is none
 * @throws FcnError (exit code 2) when the file cannot be read.
 */
export async function differenceFrom(
  { bytes, checksum }: PublishedFile,
  file: string,
): Promise<string | undefined> {
  try {
    const stats = await stat(file);
    const { size } = stats;
    if (!stats.isFile()) return 'got something that is not a file, expected one';
    if (bytes !== undefined && size !== bytes) return `got ${size} bytes, expected ${bytes}`;
    if (!checksum) return undefined;
    const hash = createHash(checksum.algorithm);
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
    const hex = hash.digest('hex');
    return hex === checksum.hex ? undefined : `got ${checksum.algorithm} ${hex}, expected ${checksum.hex}`;
  } catch (thrown) {
    throw inputError(`cannot read ${file}: ${causeOf(thrown)}`, thrown);
  }
}
