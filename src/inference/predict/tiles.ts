import type { ReceptiveField } from '../../networks/receptive-field.ts';

export interface Extent {
  readonly width: number;
  readonly height: number;
}

/** A rectangle of pixels. */
export interface Region extends Extent {
  readonly x: number;
  readonly y: number;
}

/** A part of an image that is segmented at once. */
export interface Tile extends Region {
  /** What passes through the network for it: with all that its scores depend on, so that they are those of the whole image. */
  readonly seen: Region;
}

/**
 * Tiles that cover an image, row by row. The network sees each with its receptive field around it, cut off where the image
 * ends, as if that were an image of its own; that begins where the windows of all layers fall as they do in the whole image.
 * @param tile largest width and height of a tile, without what is around it
 */
export function tilesOf(image: Extent, tile: Extent, field: ReceptiveField): Tile[] {
  const columns = spansOf(image.width, tile.width, field);
  return spansOf(image.height, tile.height, field).flatMap((row) =>
    columns.map((column) => ({
      ...{ x: column.start, y: row.start, width: column.length, height: row.length },
      seen: { x: column.seenStart, y: row.seenStart, width: column.seenLength, height: row.seenLength },
    })),
  );
}

/** Tiles along one axis. */
function spansOf(size: number, length: number, { reach, stride }: ReceptiveField) {
  return Array.from({ length: Math.ceil(size / length) }, (_, i) => {
    const start = i * length;
    const end = Math.min(size, start + length);
    const seenStart = Math.max(0, Math.floor((start - reach) / stride) * stride);
    const seenLength = Math.min(size, end + reach) - seenStart;
    return { start, length: end - start, seenStart, seenLength };
  });
}

/** Smaller tiles than these would hardly save memory: what the network sees around them is larger. */
const leastTile = 256;

/**
 * The tiles for which the network has least to compute, of all that it sees at most `maxPixels` of at once: the whole image if
 * that is possible.
 */
export function tileSizeWithin(image: Extent, maxPixels: number, field: ReceptiveField): Extent {
  const { reach, stride } = field;
  const around = 2 * reach + stride - 1;
  const limit = Math.max(maxPixels, (leastTile + around) ** 2);
  const upToStride = (length: number) => Math.ceil(length / stride) * stride;
  let best = { tile: image, pixels: Number.POSITIVE_INFINITY };
  for (let columns = 1; columns <= Math.ceil(image.width / leastTile); columns++) {
    const width = upToStride(image.width / columns);
    const seenWidth = Math.min(image.width, width + around);
    const seenHeight = Math.floor(limit / seenWidth);
    const rows = seenHeight >= image.height ? 1 : Math.ceil(image.height / (seenHeight - around));
    if (rows < 1) continue; // not even a row of pixels has room between what is around it
    const height = upToStride(image.height / rows);
    const pixels = columns * rows * seenWidth * Math.min(image.height, height + around);
    if (pixels < best.pixels) best = { tile: { width, height }, pixels };
  }
  return best.tile;
}
