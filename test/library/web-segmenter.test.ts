import { expect, it } from 'vitest';
import { loadSegmenter } from '../../src/library/web/index.ts';
import { testImage } from '../data/helpers.ts';
import { balanceClasses } from '../inference/predict/balance-classes.ts';
import { exported } from '../networks/export/exported.ts';
import { randomModel } from '../weights/models.ts';

// In Node, on the WebAssembly that browsers run.
it('a segmenter for pages gives in tiles what it gives for the whole image', async () => {
  const network = randomModel({
    model: 'fcn8s-squeezenet',
    numClasses: 5,
    classes: [...'abcde'],
    width: 1 / 32,
  });
  const image = testImage(600, 800);
  await balanceClasses(network, image);
  const bytes = exported(network);
  const onWasm = { backend: 'wasm', threads: 1 } as const;
  const tiles: string[] = [];
  const onTile = (done: number, total: number) => tiles.push(`${done}/${total}`);

  const whole = await loadSegmenter(bytes, onWasm);
  const expected = await whole.segment(image, onTile);
  await whole.release();
  expect(tiles).toEqual([]);
  expect(new Set(expected.classes.data).size).toBeGreaterThan(1);

  const small = await loadSegmenter(bytes, { ...onWasm, memory: 1 });
  const { classes } = await small.segment(image, onTile);
  await small.release();
  expect(tiles).toEqual(['1/3', '2/3', '3/3']);
  expect([classes.width, classes.height]).toEqual([800, 600]);
  expect(Buffer.compare(classes.data, expected.classes.data)).toBe(0);
});
