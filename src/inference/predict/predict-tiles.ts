import { writeFileAtomic } from '../../base/files.ts';
import { checkImage } from '../../data/batches/batch.ts';
import { readWithRemarks } from '../../data/images/decode.ts';
import type { Image, LabelImage } from '../../data/images/image.ts';
import { openRows } from '../../data/images/open-rows.ts';
import { overlayParts } from '../../data/images/overlay.ts';
import { vocPalette } from '../../data/images/palette.ts';
import { pngParts } from '../../data/images/png-parts.ts';
import { readChannels } from '../../data/images/read-channels.ts';
import { type RowSource, rowsOf } from '../../data/images/row-source.ts';
import { stackChannels } from '../../data/images/stack-channels.ts';
import { type InputConfig, isOfColors } from '../../data/input-config.ts';
import { classesOfHeads, headsOf } from '../../networks/class-heads.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { checkPrediction } from './check-memory.ts';
import { endingOf, scoresOfHeads } from './heads.ts';
import { planTiles, type TileSetting } from './plan-tiles.ts';
import type { ImageToSegment } from './results.ts';
import { segmentInTiles } from './segment-in-tiles.ts';
import type { Segmenter } from './segmenter.ts';
import { type PutScores, writeTiledScores } from './tiled-scores.ts';
import type { Extent, Tile } from './tiles.ts';
import { usualSize } from './usual-size.ts';

/** An image that is to be segmented: as a whole, or in tiles, then read by its rows where its format allows that. */
export type OpenedImage = { readonly remarks: readonly string[] } & (
  | { readonly source: RowSource; readonly tiles: readonly Tile[]; readonly image?: Image }
  | {
      readonly image: Image;
      /** The size at which the network is to see it, if not its own. */
      readonly seenAt?: Extent | undefined;
      readonly tiles?: undefined;
      readonly source?: undefined;
    }
);

/**
 * @param asked the size at which the network is to see it; default: its own, or what the network is made for
 * @throws FcnError naming the file when it cannot be read, and where it is too large to be segmented as a whole
 */
export async function openImage(
  { file, name = file, further = [] }: Pick<ImageToSegment, 'file' | 'name' | 'further'>,
  config: ModelConfig,
  setting: TileSetting,
  asked?: Extent,
): Promise<OpenedImage> {
  const seenAt = (image: Extent) => asked ?? usualSize(config, image);
  const tilesFor = (image: Extent) => (seenAt(image) ? undefined : planTiles(config, image, setting));
  // Others are read as a whole.
  const source = isOfColors(config.input) && further.length === 0 ? await openRows(file, name) : undefined;
  const tiles = source && tilesFor(source);
  if (source && !tiles) checkPrediction(config, seenAt(source) ?? source); // before its pixels are read
  if (tiles) return { source, tiles, remarks: [] };
  const { image, remarks } = await readFor([file, ...further], name, config.input);
  const tilesInMemory = tilesFor(image);
  if (!tilesInMemory) checkPrediction(config, seenAt(image) ?? image);
  return tilesInMemory
    ? { image, source: rowsOf(image), tiles: tilesInMemory, remarks }
    : { image, seenAt: seenAt(image), remarks };
}

/** The image of one or more files, their channels behind each other, as a network with this preprocessing takes it. */
async function readFor(files: readonly string[], name: string, input: InputConfig) {
  const [file, ...further] = files as [string, ...string[]];
  if (isOfColors(input) && further.length === 0) return readWithRemarks(file, name);
  if (further.length === 0) {
    const read = await readChannels(file, input.channels.length, name);
    checkImage(read.image, input, `image ${name}`);
    return read;
  }
  const parts = await Promise.all(files.map((each) => readChannels(each)));
  const image = stackChannels(
    parts.map((part) => part.image),
    files,
  );
  checkImage(image, input, `images ${files.join(' and ')}`);
  return { image, remarks: parts.flatMap(({ remarks }) => remarks) };
}

interface TiledInput {
  readonly segmenter: Segmenter;
  readonly source: RowSource;
  readonly tiles: readonly Tile[];
  /** The file of a result by its ending: `.png`, `.overlay.png`, `.npy`. */
  readonly fileOf: (ending: string) => string;
  readonly overlay: boolean;
  readonly logits: boolean;
  readonly onTile: (done: number, total: number) => void;
}

/** Segments an image in tiles and writes its results. Only the class maps, a byte a pixel for each head, are in memory as a whole. */
export async function predictInTiles(input: TiledInput): Promise<LabelImage[]> {
  const { segmenter, source, tiles, fileOf, overlay, logits, onTile } = input;
  const { config } = segmenter;
  const { width, height } = source;
  const heads = headsOf(config);
  const segment = (onScores?: PutScores) => segmentInTiles(segmenter, source, tiles, { onScores, onTile });
  /** Segments while the scores of all heads are written, for those of the first of which there is a file to put them into. */
  const segmentInto = async (puts: readonly PutScores[]): Promise<LabelImage[]> => {
    const head = heads[puts.length];
    if (!head) {
      return segment((tile, scores) => {
        for (const [i, own] of scoresOfHeads(config, scores).entries()) puts[i]!(tile, own);
      });
    }
    let classes: LabelImage[] = [];
    await writeTiledScores(fileOf(endingOf(head, '.npy')), [head.numClasses, height, width], async (put) => {
      classes = await segmentInto([...puts, put]);
    });
    return classes;
  };
  const classes = await (logits ? segmentInto([]) : segment());
  for (const [i, head] of heads.entries()) {
    const own = classes[i]!;
    const names = classesOfHeads(config)[i]!;
    if (overlay) {
      await writeFileAtomic(fileOf(endingOf(head, '.overlay.png')), overlayParts(source, own, names));
    }
    const png = pngParts({ width, height, palette: vocPalette() }, blocksOf(own.data, width));
    await writeFileAtomic(fileOf(endingOf(head, '.png')), png);
  }
  return classes;
}

/** The rows of a class map, some at a time. */
function* blocksOf(data: Uint8Array, width: number): Generator<Uint8Array> {
  const length = width * Math.max(1, Math.floor(2 ** 22 / width));
  for (let start = 0; start < data.length; start += length) yield data.subarray(start, start + length);
}
