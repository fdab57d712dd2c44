import { freemem } from 'node:os';
import { inputError } from '../../base/errors.ts';
import type { Architecture } from '../../networks/network.ts';
import { receptiveFieldOf } from '../../networks/receptive-field.ts';
import { bytesPerPixel } from './memory-per-pixel.ts';
import { type Extent, type Tile, tileSizeWithin, tilesOf } from './tiles.ts';

/** Width and height of tiles; `auto`: as large as memory allows; `off`: the whole image at once. */
export type TileSetting = number | 'auto' | 'off';

/** Images of more pixels have no class map in one piece of memory. */
const mostPixels = 2 ** 32 - 1;

/**
 * The tiles in which a network is to see an image. What comes of it does not depend on them.
 * @returns undefined where it is to see the whole image
 * @throws FcnError for images of 2^32 pixels and more, and where the network cannot see tiles
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
  const { model } = architecture;
  const field = receptiveFieldOf(model);
  if (!field && setting === 'auto') return undefined;
  if (!field) {
    throw inputError(
      `--tile: got ${setting} for ${model}, expected auto or off, because its scores depend on the whole image; leave ` +
        '--tile out, or use --resize if the image is too large',
    );
  }
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
