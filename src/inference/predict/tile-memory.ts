import { freemem } from 'node:os';
import { inputError } from '../../base/errors.ts';
import { backboneOf } from '../../networks/backbones/backbones.ts';
import { partsOf } from '../../networks/model-names.ts';
import type { Architecture } from '../../networks/network.ts';
import { receptiveFieldOf } from '../../networks/receptive-field.ts';
import { shapeAfter } from '../../networks/sizes.ts';
import { type Extent, type Tile, tileSizeWithin, tilesOf } from './tiles.ts';

/** Width and height of tiles; `auto`: as large as memory allows; `off`: the whole image at once. */
export type TileSetting = number | 'auto' | 'off';

/** Images of more pixels have no class map in one piece of memory. */
const mostPixels = 2 ** 32 - 1;

/**
 * The tiles in which a network is to see an image. What comes of it does not depend on them.
 * @returns undefined where it is to see the whole image
 * @throws FcnError for images of 2^32 pixels and more
 */
export function planTiles(
  architecture: Architecture,
  { width, height }: Extent,
  setting: TileSetting,
): readonly Tile[] | undefined {
  if (width * height > mostPixels) {
    throw inputError(`image: got ${width}x${height} pixels, expected less than 2^32; cut it into parts`);
  }
  if (setting === 'off') return undefined;
  const field = receptiveFieldOf(architecture.model);
  const tile =
    setting === 'auto'
      ? tileSizeWithin({ width, height }, availableMemory() / 2 / bytesPerPixel(architecture), field)
      : { width: setting, height: setting };
  const tiles = tilesOf({ width, height }, tile, field);
  return tiles.length > 1 ? tiles : undefined;
}

/** What this process may still take: less than the machine has where a container is limited. */
function availableMemory(): number {
  return process.availableMemory?.() ?? freemem(); // Node 20.13
}

/**
 * Memory that a prediction takes for each pixel that the network sees, weights apart; measured on all backbones, it is less: the
 * largest two successive maps, the scores and what they are made of, and the image.
 */
function bytesPerPixel({ model, numClasses, width }: Architecture): number {
  const { backbone, head } = { ...partsOf(model), backbone: backboneOf(model) };
  const side = 1024;
  let largest = 0;
  let before = 3;
  shapeAfter(backbone.layers, [3, side, side], width, (_, [channels, rows, columns]) => {
    const after = (channels * rows * columns) / side ** 2;
    largest = Math.max(largest, before + after);
    before = after;
  });
  // A deconvolution by 32 goes by way of as many numbers as its kernel has for each pixel.
  const scores = numClasses * (head === 'fcn32s' ? 8 : 4);
  const image = 5;
  return 4 * (largest + scores + image);
}
