import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { causeOf, idOf, makeFolder, writeFileAtomic } from '../../base/files.ts';
import { together } from '../../base/mpi/agreement.ts';
import type { Communicator } from '../../base/mpi/communicator.ts';
import { prefetch } from '../../data/batches/prefetch.ts';
import { encodeNpy } from '../../data/images/npy.ts';
import { renderOverlay } from '../../data/images/overlay.ts';
import { argmax } from './argmax.ts';
import type { TileSetting } from './plan-tiles.ts';
import { openImage, predictInTiles } from './predict-tiles.ts';
import type { Segmenter, Size } from './segmenter.ts';
import { writePrediction } from './write-prediction.ts';

export interface PredictInput {
  readonly segmenter: Segmenter;
  /** Image files. The id of an image is its name without folder and extension. */
  readonly images: readonly string[];
  /** Folder of the results: ID.png, and those below. It is created if need be. */
  readonly out: string;
  /** Also write ID.overlay.png, the image under its classes. */
  readonly overlay?: boolean;
  /** Also write ID.npy, the scores as float32 [C, H, W]. */
  readonly logits?: boolean;
  /** The size at which images pass through the network; default: their own. */
  readonly size?: Size | undefined;
  /** Called with what is special about each image file (remarks.ts). */
  readonly onRemarks?: (file: string, remarks: readonly string[]) => void;
  /** Tiles in which images pass through the network that have no `size`; default: `auto`. Results do not depend on it. */
  readonly tile?: TileSetting | undefined;
  /** Processes that share the images: each of them calls `predictImages` with the same. */
  readonly world?: Communicator | undefined;
  /** Called after each image, with as many as all processes have segmented by then. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called after each tile of an image that has several. */
  readonly onTile?: (image: string, done: number, total: number) => void;
}

/**
 * Segments image files, upright as viewers show them (decode.ts); results are for the upright image.
 * @throws FcnError naming the file when an image cannot be read, or a result would be written over another or over an
 *   image; the latter before anything is written.
 */
export async function predictImages(input: PredictInput): Promise<void> {
  const { segmenter, images, out, overlay = false, logits = false, size, tile = 'auto', world } = input;
  const { rank, size: ranks } = world ?? { rank: 0, size: 1 };
  const endings = ['.png', ...(overlay ? ['.overlay.png'] : []), ...(logits ? ['.npy'] : [])];
  await together(world, async () => {
    checkDistinct(images, endings);
    await checkImagesKept(images, out, endings);
  });
  // The next image passes through the network while the results of one are written.
  const segmentImage = async (index: number): Promise<() => Promise<void>> => {
    const file = images[rank + index * ranks]!;
    const fileOf = (ending: string) => path.join(out, `${idOf(file)}${ending}`);
    const { source, image, tiles, remarks } = await openImage(file, segmenter.config, size ? 'off' : tile);
    input.onRemarks?.(file, remarks);
    if (tiles) {
      const onTile = (done: number, total: number) => input.onTile?.(file, done, total);
      return () => predictInTiles({ segmenter, source, tiles, fileOf, overlay, logits, onTile });
    }
    const scores = await segmenter.scores(image, size);
    const classes = argmax(scores);
    return async () => {
      if (logits) await writeFileAtomic(fileOf('.npy'), [encodeNpy(scores.data, scores.shape.slice(1))]);
      if (overlay) {
        const picture = await renderOverlay(image, classes, segmenter.config.classes);
        await writeFileAtomic(fileOf('.overlay.png'), [picture]);
      }
      await writePrediction(out, idOf(file), classes);
    };
  };
  const own = { from: 0, to: Math.ceil((images.length - rank) / ranks), ahead: 1 };
  const segmented = prefetch(segmentImage, own);
  try {
    // Round by round, so that all processes end soon where one of them has to.
    for (let done = 0; done < images.length; done += ranks) {
      await together(world, async () => {
        const { value: writeResults } = await segmented.next();
        if (!writeResults) return; // the last round is not for all
        if (done === 0) await makeFolder(out); // not before there is something to put into it
        await writeResults();
        input.onProgress?.(Math.min(done + ranks, images.length), images.length);
      });
    }
  } finally {
    await segmented.return();
  }
}

/** No result may be written over another. */
function checkDistinct(images: readonly string[], endings: readonly string[]): void {
  const writers = new Map<string, string>();
  for (const image of images) {
    for (const ending of endings) {
      const result = idOf(image) + ending;
      const other = writers.get(result);
      if (other !== undefined) {
        throw inputError(
          `images: got ${other} and ${image}, whose results would both be ${result}, expected different names; ` +
            'write them to different folders',
        );
      }
      writers.set(result, image);
    }
  }
}

/** Nor over an image that was given. */
async function checkImagesKept(
  images: readonly string[],
  out: string,
  endings: readonly string[],
): Promise<void> {
  const folder = existsSync(out) ? await realpath(out) : path.resolve(out);
  const results = new Set(
    images.flatMap((image) => endings.map((ending) => path.join(folder, idOf(image) + ending))),
  );
  for (const image of images) {
    if (results.has(await realPathOf(image))) {
      throw inputError(
        `image ${image}: lies where a result would be written, expected another folder; choose one with --out`,
      );
    }
  }
}

async function realPathOf(image: string): Promise<string> {
  try {
    return await realpath(image);
  } catch (thrown) {
    throw inputError(`cannot read the image ${image}: ${causeOf(thrown)}`, thrown);
  }
}
