import type { Tensor } from '../../base/tensor.ts';
import { channelsOf, type Image, type LabelImage, pixelsLike } from '../../data/images/image.ts';
import type { RowSource } from '../../data/images/row-source.ts';
import { headsOf } from '../../networks/class-heads.ts';
import { NotANumberError } from './argmax.ts';
import { classesOfScores } from './heads.ts';
import type { Segmenter } from './load-segmenter.ts';
import type { Region, Tile } from './tiles.ts';

export interface TileEvents {
  /** Called with the scores of all that the network saw for a tile, [1, C, seen.height, seen.width], of all heads, and waited for. */
  readonly onScores?: ((tile: Tile, scores: Tensor<'float32'>) => void | Promise<void>) | undefined;
  /** Called after each tile. */
  readonly onTile?: ((done: number, total: number) => void) | undefined;
}

/** The class of highest score at each pixel, for each head, as for the whole image at once, in less memory. */
export async function segmentInTiles(
  segmenter: Pick<Segmenter, 'scores' | 'segmentHeads' | 'config'>,
  source: RowSource,
  tiles: readonly Tile[],
  { onScores, onTile }: TileEvents = {},
): Promise<LabelImage[]> {
  const { width, height } = source;
  const { config } = segmenter;
  const classes = headsOf(config).map(() => ({ width, height, data: new Uint8Array(width * height) }));
  let done = 0;
  let scores: Tensor<'float32'> | undefined;
  const segment = async (seen: Image) => {
    if (!onScores) return segmenter.segmentHeads(seen);
    scores = await segmenter.scores(seen, undefined, scores);
    return classesOfScores(config, scores);
  };
  await forEachTile(source, tiles, async (tile, seen) => {
    const ofSeen = await segment(seen).catch((thrown: unknown) => {
      throw thrown instanceof NotANumberError ? thrown.within(tile.seen) : thrown;
    });
    for (const [i, { data }] of ofSeen.entries()) pasteTile(classes[i]!, tile, data);
    await onScores?.(tile, scores!);
    onTile?.(++done, tiles.length);
  });
  return classes;
}

/**
 * Goes from tile to tile with what the network is to see of the image. Of the image only the rows that a row of tiles needs are
 * in memory.
 * @param tiles row by row
 */
export async function forEachTile(
  source: RowSource,
  tiles: readonly Tile[],
  use: (tile: Tile, seen: Image) => Promise<void>,
): Promise<void> {
  let strip: Image | undefined;
  let row: number | undefined;
  for (const tile of tiles) {
    const { seen } = tile;
    if (!strip || row !== tile.y) {
      strip = undefined; // its memory may serve for the next
      strip = await source.rows(seen.y, seen.height);
      row = tile.y;
    }
    await use(tile, cut(strip, { ...seen, y: 0 }));
  }
}

/** Puts the classes of a tile in their place, taken from those of all that the network saw for it. */
export function pasteTile(classes: LabelImage, { seen, ...tile }: Tile, ofSeen: Uint8Array): void {
  for (let y = tile.y; y < tile.y + tile.height; y++) {
    const from = (y - seen.y) * seen.width + tile.x - seen.x;
    classes.data.set(ofSeen.subarray(from, from + tile.width), y * classes.width + tile.x);
  }
}

function cut(image: Image, { x, y, width, height }: Region): Image {
  const channels = channelsOf(image);
  const data = pixelsLike(image.data, width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * image.width + x) * channels;
    data.set(image.data.subarray(from, from + width * channels), row * width * channels);
  }
  return { width, height, data };
}
