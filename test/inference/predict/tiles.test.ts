import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import type { RgbImage } from '../../../src/data/images/image.ts';
import { rowsOf } from '../../../src/data/images/row-source.ts';
import { planTiles } from '../../../src/inference/predict/plan-tiles.ts';
import { segmentInTiles } from '../../../src/inference/predict/segment-in-tiles.ts';
import { createSegmenter } from '../../../src/inference/predict/segmenter.ts';
import { type Tile, tileSizeWithin, tilesOf } from '../../../src/inference/predict/tiles.ts';
import { modelNames } from '../../../src/networks/model-names.ts';
import { receptiveFieldOf } from '../../../src/networks/receptive-field.ts';
import { randomModel } from '../../weights/models.ts';

const field = { reach: 245, stride: 32 };

describe('tiles', () => {
  it('cover each pixel once, and what is seen around them lies in the image and begins at a multiple of the stride', () => {
    for (const [width, height, side] of [
      [1000, 701, 300],
      [257, 1300, 256],
      [40, 33, 1],
    ] as const) {
      const counts = new Uint8Array(width * height);
      for (const tile of tilesOf({ width, height }, { width: side, height: side }, field)) {
        for (let y = tile.y; y < tile.y + tile.height; y++) {
          for (let x = tile.x; x < tile.x + tile.width; x++) counts[y * width + x]!++;
        }
        const { seen } = tile;
        expect([seen.x % 32, seen.y % 32]).toEqual([0, 0]);
        expect(seen.x).toBeLessThanOrEqual(Math.max(0, tile.x - field.reach));
        expect(seen.y).toBeLessThanOrEqual(Math.max(0, tile.y - field.reach));
        expect(seen.x + seen.width).toBe(Math.min(width, tile.x + tile.width + field.reach));
        expect(seen.y + seen.height).toBe(Math.min(height, tile.y + tile.height + field.reach));
      }
      expect(counts.every((count) => count === 1)).toBe(true);
    }
  });

  it.each([
    [4000, 3000, 12e6, 1],
    [4000, 3000, 11.9e6, 2],
    [20000, 20000, 4e6, undefined],
    [300, 100000, 1e6, undefined],
    [100000, 300, 1e6, undefined],
  ])('of %dx%d pixels are as large as %d seen pixels allow', (width, height, limit, count) => {
    const size = tileSizeWithin({ width, height }, limit, field);
    const tiles = tilesOf({ width, height }, size, field);
    const seen = tiles.map(({ seen: { width, height } }) => width * height);
    expect(Math.max(...seen)).toBeLessThanOrEqual(limit);
    if (count) expect(tiles).toHaveLength(count);
    // No square does better.
    const work = (pixels: readonly number[]) => pixels.reduce((sum, each) => sum + each, 0);
    for (let side = 256; side ** 2 <= limit; side += 32) {
      const squares = tilesOf({ width, height }, { width: side, height: side }, field);
      const seenBySquares = squares.map(({ seen: { width, height } }) => width * height);
      if (Math.max(...seenBySquares) > limit) break;
      expect(work(seen)).toBeLessThanOrEqual(1.01 * work(seenBySquares));
    }
  });

  it('have a least size, however little memory there is', () => {
    const { width, height } = tileSizeWithin({ width: 5000, height: 5000 }, 1, field);
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(128);
  });

  it('are none where the image is to be seen as a whole, or is no larger than one', () => {
    const { config } = randomModel();
    expect(planTiles(config, { width: 900, height: 900 }, 'off')).toBeUndefined();
    expect(planTiles(config, { width: 90, height: 60 }, 'auto')).toBeUndefined();
    expect(planTiles(config, { width: 90, height: 60 }, 90)).toBeUndefined();
    expect(planTiles(config, { width: 90, height: 60 }, 89)).toHaveLength(2);
    expect(planTiles(config, { width: 1e6, height: 1e3 }, 'auto')!.length).toBeGreaterThan(1);
    expect(() => planTiles(config, { width: 65536, height: 65536 }, 'off')).toThrow(/got 65536x65536 pixels/);
  });
});

/** Smooth at several scales, with noise: what lies far away shows in the scores. */
function picture(height: number, width: number): RgbImage {
  const stream = random('picture');
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return 128 + 40 * Math.sin(x / 31 + (i % 3)) + 40 * Math.cos(y / 47 - x / 203) + 8 * stream.normal();
  });
  return { width, height, data };
}

describe('a network gives in tiles what it gives for the whole image', () => {
  const image = picture(603, 550);
  it.each(
    modelNames.filter(receptiveFieldOf).map((model, i) => [model, [64, 97, 350, 401][i % 4]!] as const),
  )('%s, tiles of %d', async (model, side) => {
    const network = randomModel({
      model,
      numClasses: 5,
      classes: [...'abcde'],
      width: model === 'fcn32s-alexnet' ? 1 / 16 : 1 / 32,
    });
    const segmenter = await createSegmenter(network, { threads: 2 });
    const whole = await segmenter.scores(image);
    const largest = whole.data.reduce((max, score) => Math.max(max, Math.abs(score)), 0);
    const tiles = planTiles(network.config, image, side)!.filter(
      (_, i, all) => i % 7 === 0 || i > all.length - 3,
    );
    let worst = 0;
    const onScores = ({ seen, ...tile }: Tile, { data, shape }: typeof whole) => {
      expect(shape).toEqual([1, 5, seen.height, seen.width]);
      for (let c = 0; c < 5; c++) {
        for (let y = tile.y; y < tile.y + tile.height; y++) {
          for (let x = tile.x; x < tile.x + tile.width; x++) {
            const score = data[(c * seen.height + y - seen.y) * seen.width + x - seen.x]!;
            worst = Math.max(worst, Math.abs(score - whole.data[(c * image.height + y) * image.width + x]!));
          }
        }
      }
    };
    await segmentInTiles(segmenter, rowsOf(image), tiles, { onScores });
    await segmenter.release();
    expect(worst / largest).toBeLessThan(1e-6);
  });

  it.each(['fcn8s', 'fcn8s-mobilenetv2'] as const)('%s: the same classes', async (model) => {
    const network = randomModel({ model, numClasses: 5, classes: [...'abcde'], width: 1 / 32 });
    const segmenter = await createSegmenter(network, { threads: 2 });
    const expected = await segmenter.segment(image);
    expect(new Set(expected.data).size).toBeGreaterThan(2);
    const done: string[] = [];
    const onTile = (count: number, total: number) => done.push(`${count}/${total}`);
    const tiles = planTiles(network.config, image, 400)!;
    const [classes] = await segmentInTiles(segmenter, rowsOf(image), tiles, { onTile });
    expect(Buffer.compare(classes!.data, expected.data)).toBe(0);
    expect(done).toEqual(['1/4', '2/4', '3/4', '4/4']);
    await segmenter.release();
  });
});
