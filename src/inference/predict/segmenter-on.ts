import { hasOnlyFinite, reuse, type Tensor } from '../../base/tensor.ts';
import type { Image, LabelImage } from '../../data/images/image.ts';
import { resizeImage } from '../../data/transforms/resample.ts';
import type { Session } from '../../engine/runtimes/session.ts';
import { scoresPerPixel } from '../../networks/class-heads.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { cellsOfResized } from './between-entries.ts';
import { classesOfScores, scoresOfHeads } from './heads.ts';
import { interpolatedClasses } from './interpolated-classes.ts';
import { resizeScores } from './resize-scores.ts';
import { Spare } from './spare.ts';

export interface Size {
  readonly height: number;
  readonly width: number;
}

/** A network that is ready to segment images of any size. */
export interface Segmenter {
  readonly config: ModelConfig;
  /**
   * Score of each class at each pixel of the image, float32 [1, C, H, W]; of a network with several heads, those of one after the
   * other. With `size` the network sees the image
   * resized to it, and its scores are resized back to the image's size, both bilinearly.
   * @param memory of scores that are not needed any more; used for the result if it has the right size
   */
  scores(image: Image, size?: Size, memory?: Tensor<'float32'>): Promise<Tensor<'float32'>>;
  /** The class of highest score at each pixel, by the first head. @throws FcnError when a score is not a number. */
  segment(image: Image, size?: Size): Promise<LabelImage>;
  /** The same by each head: one class map, or several. @throws as `segment` */
  segmentHeads(image: Image, size?: Size): Promise<readonly LabelImage[]>;
  /** Frees the native memory. */
  release(): Promise<void>;
}

/** A network that takes images as they are. */
export interface NetworkRun {
  /** Writes the scores of all heads at the image's size, [1, C, H, W]. */
  scores(image: Image, into: Tensor<'float32'>): Promise<void>;
  /** The classes by each head, where they are found without all scores; undefined where a score is not finite. */
  classes?(image: Image): Promise<readonly LabelImage[] | undefined>;
}

/** What else a segmenter does than to run its network. */
export function segmenterOn(
  session: Pick<Session, 'release'>,
  config: ModelConfig,
  network: NetworkRun,
): Segmenter {
  const scoresAtSize = async (image: Image, size: Size, memory: Tensor<'float32'> | undefined) => {
    const output = reuse(memory, [1, scoresPerPixel(config), size.height, size.width]);
    await network.scores(resizeImage(image, size.height, size.width), output);
    return output;
  };
  const scores = async (image: Image, size: Size = image, memory?: Tensor<'float32'>) =>
    resizeScores(await scoresAtSize(image, size, memory), image.height, image.width);

  const reduced = new Spare();
  const segmentHeads = async (image: Image, size: Size = image) => {
    const isWhole = size.height === image.height && size.width === image.width;
    const found = isWhole ? await network.classes?.(image) : undefined;
    if (found) return found;
    const output = await scoresAtSize(image, size, reduced.take());
    const classes = isWhole ? classesOfScores(config, output) : resizedClasses(config, output, image);
    reduced.leave(output);
    return classes;
  };
  const segment: Segmenter['segment'] = async (image, size) => (await segmentHeads(image, size))[0]!;
  return { config, scores, segment, segmentHeads, release: () => session.release() };
}

/** The classes by scores that are resized, without resizing all of them where that can be. @throws as `segment` */
function resizedClasses(
  config: ModelConfig,
  scores: Tensor<'float32'>,
  { height, width }: Size,
): LabelImage[] {
  const [, , fromHeight, fromWidth] = scores.shape as [number, number, number, number];
  if (fromHeight < 2 || fromWidth < 2 || !hasOnlyFinite(scores)) {
    return classesOfScores(config, resizeScores(scores, height, width));
  }
  const rows = cellsOfResized(fromHeight, height);
  const columns = cellsOfResized(fromWidth, width);
  return scoresOfHeads(config, scores).map((own) => interpolatedClasses(own, rows, columns));
}
