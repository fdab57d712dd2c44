import path from 'node:path';
import type { FcnError } from '../../base/errors.ts';
import { idOf, makeFolder, writeFileAtomic } from '../../base/files.ts';
import { isOfInput } from '../../base/memory.ts';
import { together } from '../../base/mpi/agreement.ts';
import type { Communicator } from '../../base/mpi/communicator.ts';
import { prefetch } from '../../data/batches/prefetch.ts';
import { labelHistogram } from '../../data/datasets/class-frequencies.ts';
import type { LabelImage } from '../../data/images/image.ts';
import { encodeNpy } from '../../data/images/npy.ts';
import { renderOverlay } from '../../data/images/overlay.ts';
import { asPicture } from '../../data/images/picture.ts';
import { withSoftware } from '../../data/images/png-software.ts';
import { classesOfHeads, headsOf } from '../../networks/class-heads.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { classesOfScores, endingOf, scoresOfHeads } from './heads.ts';
import type { TileSetting } from './plan-tiles.ts';
import { openImage, predictInTiles } from './predict-tiles.ts';
import {
  checkNames,
  checkResults,
  endingsOf,
  type ImageToSegment,
  nameOf,
  type ResultKinds,
  resultFile,
} from './results.ts';
import type { Segmenter, Size } from './segmenter.ts';
import { remarksOnSize } from './trained-size.ts';
import { writePrediction } from './write-prediction.ts';

export interface PredictInput extends ResultKinds {
  readonly segmenter: Segmenter;
  /** Image files. The id of one that comes without is its name without folder and extension. */
  readonly images: readonly (string | ImageToSegment)[];
  /** Folder of the results: ID.png, and those below. It is created if need be. */
  readonly out: string;
  /** The size at which images pass through the network; default: their own. */
  readonly size?: Size | undefined;
  /** Called with what is special about each image file (remarks.ts). */
  readonly onRemarks?: (file: string, remarks: readonly string[]) => void;
  /** Tiles in which images pass through the network that have no `size`; default: `auto`. Results do not depend on it. */
  readonly tile?: TileSetting | undefined;
  /** Called with what is wrong with an image, which is left out then; without it, the first such image ends the work. */
  readonly onUnusable?: (image: ImageToSegment, problem: FcnError) => void;
  /** Processes that share the images: each of them calls `predictImages` with the same. */
  readonly world?: Communicator | undefined;
  /** Called after each image, with as many as all processes have segmented by then. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called after each tile of an image that has several. */
  readonly onTile?: (image: string, done: number, total: number) => void;
}

/** What was found in an image. */
export interface Prediction extends ImageToSegment, Size {
  /** The file with the class of each pixel. */
  readonly prediction: string;
  /** Pixels of each class. */
  readonly pixels: readonly number[];
  /** Of a network with several heads: the same for each, by its name. */
  readonly heads?: Readonly<Record<string, Pick<Prediction, 'prediction' | 'pixels'>>>;
}

/**
 * Segments image files, upright as viewers show them (decode.ts); results are for the upright image.
 * @returns what was found in each image of this process's share, in order; nothing for those that could not be used
 * @throws FcnError naming the file when an image cannot be read, or a result would be written over another or over an
 *   image; the latter before anything is written.
 */
export async function predictImages(input: PredictInput): Promise<Prediction[]> {
  const { segmenter, out, onUnusable, world } = input;
  const { rank, size: ranks } = world ?? { rank: 0, size: 1 };
  const images = input.images.map((image) =>
    typeof image === 'string' ? { file: image, id: idOf(image) } : image,
  );
  await together(world, async () => checkResults({ ...input, images, config: segmenter.config }));
  // The next image passes through the network while the results of one are written.
  const segment = async (index: number) => {
    try {
      return await segmentImage(images[rank + index * ranks]!, input);
    } catch (thrown) {
      return { thrown };
    }
  };
  const predictions: Prediction[] = [];
  const own = { from: 0, to: Math.ceil((images.length - rank) / ranks), ahead: 1 };
  const segmented = prefetch(segment, own);
  try {
    // Round by round, so that all processes end soon where one of them has to.
    for (let done = 0; done < images.length; done += ranks) {
      await together(world, async () => {
        const { value: result } = await segmented.next();
        if (!result) return; // the last round is not for all
        const image = images[done + rank]!;
        try {
          if ('thrown' in result) throw result.thrown;
          const classes = await result.writeResults();
          predictions.push(found(image, out, segmenter.config, classes));
        } catch (thrown) {
          // Whatever is wrong with an image is its own business; a full disk or memory is not.
          if (!onUnusable || !isOfInput(thrown)) throw thrown;
          onUnusable(image, thrown);
        }
        input.onProgress?.(Math.min(done + ranks, images.length), images.length);
      });
    }
  } finally {
    await segmented.return();
  }
  return predictions;
}

/** What the results of an image say. @param classes of each head */
function found(
  image: ImageToSegment,
  out: string,
  config: ModelConfig,
  classes: readonly LabelImage[],
): Prediction {
  const { width, height } = classes[0]!;
  const heads = headsOf(config).map((head, i) => {
    const prediction = resultFile(out, image.id, endingOf(head, '.png'));
    const pixels = [...labelHistogram(classes[i]!).subarray(0, head.numClasses)];
    return [head.name, { prediction, pixels }] as const;
  });
  const { prediction, pixels } = heads[0]![1];
  const several = heads.length > 1 && { heads: Object.fromEntries(heads) };
  return { ...image, prediction, width, height, pixels, ...several };
}

/** Passes an image through the network. @returns what writes the results, and gives the classes by each head */
async function segmentImage(given: ImageToSegment, input: PredictInput) {
  const { id } = given;
  const name = nameOf(given);
  const { segmenter, out, overlay = false, logits = false, size, tile = 'auto' } = input;
  checkNames(given, endingsOf({ overlay, logits }, segmenter.config));
  const fileOf = (ending: string) => resultFile(out, id, ending);
  const folder = path.dirname(fileOf('.png')); // made when there is something to put into it, and not before
  const { source, image, tiles, remarks, ...opened } = await openImage(
    given,
    segmenter.config,
    size ? 'off' : tile,
    size,
  );
  input.onRemarks?.(name, [
    ...remarks,
    ...(size ? [] : remarksOnSize(segmenter.config, tiles ? source : image)),
  ]);
  if (tiles) {
    const onTile = (done: number, total: number) => input.onTile?.(name, done, total);
    return {
      async writeResults(): Promise<readonly LabelImage[]> {
        await makeFolder(folder);
        return predictInTiles({ segmenter, source, tiles, fileOf, overlay, logits, onTile });
      },
    };
  }
  const { config } = segmenter;
  const seenAt = 'seenAt' in opened ? opened.seenAt : undefined;
  // Classes alone take less time than scores.
  const scores = logits ? await segmenter.scores(image, seenAt) : undefined;
  const classes = scores ? classesOfScores(config, scores) : await segmenter.segmentHeads(image, seenAt);
  return {
    async writeResults(): Promise<readonly LabelImage[]> {
      await makeFolder(folder);
      for (const [i, head] of headsOf(config).entries()) {
        const [own, names] = [classes[i]!, classesOfHeads(config)[i]!];
        if (scores) {
          const { data, shape } = scoresOfHeads(config, scores)[i]!;
          await writeFileAtomic(fileOf(endingOf(head, '.npy')), [encodeNpy(data, shape.slice(1))]);
        }
        if (overlay) {
          const picture = await renderOverlay(asPicture(image), own, names);
          await writeFileAtomic(fileOf(endingOf(head, '.overlay.png')), [withSoftware(picture)]);
        }
        await writePrediction(out, id + endingOf(head, ''), own);
      }
      return classes;
    },
  };
}
