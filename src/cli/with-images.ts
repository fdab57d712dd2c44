import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { inputError } from '../base/errors.ts';
import { diskFailure } from '../base/files.ts';
import { findImages } from '../inference/predict/find-images.ts';
import type { ImageToSegment } from '../inference/predict/results.ts';

/**
 * The images that arguments mean: files, folders and patterns (see findImages), and `-`, the bytes on standard input.
 * @param out the folder of the results, which is not looked into
 * @throws FcnError when a folder or a pattern has no image
 */
export async function withImages<T>(
  args: readonly string[],
  out: string,
  use: (images: readonly ImageToSegment[]) => Promise<T>,
): Promise<T> {
  const temporary = args.includes('-') ? await mkdtemp(path.join(tmpdir(), 'fcn-')) : undefined;
  try {
    const found: ImageToSegment[] = [];
    for (const arg of new Set(args)) {
      if (arg === '-') found.push(await standardInput(temporary!));
      else for (const image of await findImages(arg, out)) found.push(image);
    }
    return await use(found);
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

/** What comes on standard input, as a file that can be read more than once. */
async function standardInput(folder: string): Promise<ImageToSegment> {
  const file = path.join(folder, 'stdin');
  await pipeline(process.stdin, createWriteStream(file)).catch((thrown) => {
    throw diskFailure(`cannot write standard input to ${file}`, thrown);
  });
  if ((await stat(file)).size === 0) {
    throw inputError('standard input: got nothing, expected an image; let the command before it write one');
  }
  return { file, name: 'standard input', id: 'stdin' };
}
