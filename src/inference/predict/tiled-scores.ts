import { writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { FcnError } from '../../base/errors.ts';
import { diskFailure, flushToDisk, replaceFile } from '../../base/files.ts';
import { bytesOf, type Tensor } from '../../base/tensor.ts';
import { npyHeader } from '../../data/images/npy.ts';
import type { Tile } from './tiles.ts';

/** Writes the scores of one tile to where they belong. */
export type PutScores = (tile: Tile, scores: Tensor<'float32'>) => void;

/**
 * Writes scores that come tile by tile as an .npy file, [C, H, W], without ever having all of them in memory.
 * @throws FcnError (exit code 1) when the disk is full or the folder cannot be written, and what `fill` throws
 */
export async function writeTiledScores(
  file: string,
  [classes, height, width]: readonly [number, number, number],
  fill: (put: PutScores) => Promise<void>,
): Promise<void> {
  try {
    await replaceFile(file, async (temporary) => {
      const handle = await open(temporary, 'w');
      try {
        const header = npyHeader([classes, height, width]);
        await handle.write(header);
        await fill(({ seen, ...tile }, { data }) => {
          for (let c = 0; c < classes; c++) {
            for (let y = tile.y; y < tile.y + tile.height; y++) {
              const from = (c * seen.height + y - seen.y) * seen.width + tile.x - seen.x;
              const row = bytesOf(data.subarray(from, from + tile.width));
              const position = header.length + 4 * ((c * height + y) * width + tile.x);
              if (writeSync(handle.fd, row, 0, row.length, position) < row.length)
                throw new Error('the disk is full');
            }
          }
        });
        await flushToDisk(handle.fd);
      } finally {
        await handle.close();
      }
    });
  } catch (thrown) {
    if (thrown instanceof FcnError) throw thrown;
    throw diskFailure(`cannot write ${file}`, thrown);
  }
}
