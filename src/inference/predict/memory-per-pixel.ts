import { backboneOf } from '../../networks/backbones/backbones.ts';
import { scoresPerPixel } from '../../networks/class-heads.ts';
import { partsOf } from '../../networks/model-names.ts';
import type { Architecture } from '../../networks/network.ts';
import { shapeAfter } from '../../networks/sizes.ts';

/**
 * Memory that a prediction takes for each pixel that the network sees, weights apart; measured on all backbones, it is less: the
 * largest two successive maps, the scores and what they are made of, and the image.
 */
export function bytesPerPixel(architecture: Architecture): number {
  const { model, width } = architecture;
  const side = 1024;
  let largest = 0;
  let before = 3;
  shapeAfter(backboneOf(model).layers, [3, side, side], width, (_, [channels, rows, columns]) => {
    const after = (channels * rows * columns) / side ** 2;
    largest = Math.max(largest, before + after);
    before = after;
  });
  // A deconvolution by 32 goes by way of as many numbers as its kernel has for each pixel.
  const scores = scoresPerPixel(architecture) * (partsOf(model).head === 'fcn32s' ? 8 : 4);
  const image = 8;
  return 4 * (largest + scores + image);
}
