import { inputError } from '../../base/errors.ts';
import { allocate, type Tensor } from '../../base/tensor.ts';
import type { Image } from '../../data/images/image.ts';
import { mirrorImage } from '../../data/transforms/random-horizontal-flip.ts';
import { scoresPerPixel } from '../../networks/class-heads.ts';
import { classesOfScores, scoresOfHeads } from './heads.ts';
import type { Segmenter, Size } from './load-segmenter.ts';
import { planTiles } from './plan-tiles.ts';

/** How an image is shown to the network several times: mirrored as well, and in several sizes. */
export const views = ['flip', 'scales'] as const;
export type View = (typeof views)[number];

/** The factors of mmsegmentation's test-time augmentation. */
const scaleFactors = [0.5, 0.75, 1, 1.25, 1.5, 1.75];

/**
 * A segmenter that looks at each image several times. Its scores are the mean of the views' probabilities, the softmax of
 * their scores at the size of the image, as mmsegmentation's are (SegTTAModel).
 * @throws FcnError, when it is used, for images whose largest view memory would hold only in tiles
 */
export function withViews(segmenter: Segmenter, chosen: readonly View[]): Segmenter {
  const { config } = segmenter;
  const factors = chosen.includes('scales') ? scaleFactors : [1];
  const sides = chosen.includes('flip') ? [false, true] : [false];

  const scores = async (image: Image, size: Size = image): Promise<Tensor<'float32'>> => {
    checkSize(size, factors.at(-1)!);
    const total = allocate('float32', [1, scoresPerPixel(config), image.height, image.width]);
    let memory: Tensor<'float32'> | undefined;
    for (const isMirrored of sides) {
      const shown = isMirrored ? mirrorImage(image) : image;
      for (const factor of factors) {
        const scaled = { height: scaledBy(factor, size.height), width: scaledBy(factor, size.width) };
        memory = await segmenter.scores(shown, scaled, memory);
        const views = scoresOfHeads(config, memory);
        for (const [i, sum] of scoresOfHeads(config, total).entries()) {
          addSoftmax(sum, views[i]!, 1 / (sides.length * factors.length), isMirrored);
        }
      }
    }
    return total;
  };
  const checkSize = ({ width, height }: Size, factor: number) => {
    const largest = { width: scaledBy(factor, width), height: scaledBy(factor, height) };
    if (planTiles(config, largest, 'auto') === undefined) return;
    throw inputError(
      `--tta: got an image of ${width}x${height} pixels, expected one that can be segmented as a whole in this machine's ` +
        `memory${factor > 1 ? ` at ${factor} times its size` : ''}; leave --tta out`,
    );
  };

  const segmentHeads: Segmenter['segmentHeads'] = async (image, size) =>
    classesOfScores(config, await scores(image, size));
  return {
    ...segmenter,
    scores,
    segmentHeads,
    segment: async (image, size) => (await segmentHeads(image, size))[0]!,
  };
}

/** As OpenCV's users do: halves are rounded up; at least a pixel. */
function scaledBy(factor: number, length: number): number {
  return Math.max(1, Math.floor(length * factor + 0.5));
}

/** Adds to `total` the softmax over classes, weighted; mirrored scores are mirrored back. [1, C, H, W] both */
function addSoftmax(
  { data: total, shape }: Tensor<'float32'>,
  { data: scores }: Tensor<'float32'>,
  weight: number,
  isMirrored: boolean,
): void {
  const [, classes, height, width] = shape as [number, number, number, number];
  const pixels = height * width;
  const largest = new Float32Array(pixels).fill(Number.NEGATIVE_INFINITY);
  const sums = new Float64Array(pixels);
  const eachScore = (use: (pixel: number, index: number) => void) => {
    for (let c = 0; c < classes; c++)
      for (let pixel = 0; pixel < pixels; pixel++) use(pixel, c * pixels + pixel);
  };
  eachScore((pixel, index) => {
    // NaN stays NaN, for argmax to say so.
    if (!(scores[index]! <= largest[pixel]!)) largest[pixel] = scores[index]!;
  });
  eachScore((pixel, index) => {
    sums[pixel]! += Math.exp(scores[index]! - largest[pixel]!);
  });
  eachScore((pixel, index) => {
    const mirrored = index + width - 1 - 2 * (pixel % width);
    const probability = Math.exp(scores[index]! - largest[pixel]!) / sums[pixel]!;
    total[isMirrored ? mirrored : index]! += weight * probability;
  });
}
