import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FcnError } from '../../../src/base/errors.ts';
import type { Segmenter } from '../../../src/inference/predict/segmenter.ts';
import { createSegmenter } from '../../../src/library/index.ts';
import { testImage } from '../../data/helpers.ts';
import { fixtureWeights, randomModel } from '../../weights/models.ts';

describe('a segmenter of a program', () => {
  let segmenter: Segmenter;
  beforeAll(async () => {
    const { config } = randomModel({ numClasses: 5, width: 3 / 128 });
    segmenter = await createSegmenter({ config, weights: await fixtureWeights('fcn8s') }, { threads: 1 });
  });
  afterAll(() => segmenter.release());

  const thrownFor = async (image: unknown) => {
    const methods = [segmenter.segment, segmenter.segmentHeads, segmenter.scores];
    const thrown = await Promise.all(
      methods.map((method) => method(image as never).catch((reason) => reason)),
    );
    for (const one of thrown) expect(one).toBeInstanceOf(FcnError);
    const messages = [...new Set(thrown.map(({ message }) => message))];
    expect(messages).toHaveLength(1);
    return messages[0];
  };

  it.each([
    [null, 'image: got null, expected { width, height, data } with'],
    [undefined, 'image: got nothing, expected { width, height, data }'],
    ['a.png', 'image: got a.png, expected { width, height, data }'],
    [{ width: 3, height: 3 }, 'image: got an object without data, expected'],
    [{ width: 3, height: 3, data: Array(27).fill(0) }, 'image: got data of another kind, expected'],
    [{ width: 0, height: 0, data: new Uint8Array() }, 'image: got 0x0 pixels, expected a width and a height of at least 1'],
    [{ width: 1.5, height: 2, data: new Uint8Array(9) }, 'image: got 1.5x2 pixels, expected'],
    [{ width: 3, height: 3, data: new Uint8Array(5) }, 'image: got 5 values for 3x3 pixels, expected as many for each pixel, 27 for RGB'],
    [{ width: 3, height: 3, data: new Uint8Array(9) }, 'image: got 1 channel with 8 bits, expected 3 with 8 bits'],
  ])('says what is wrong with an image: %o', async (image, message) => {
    expect(await thrownFor(image)).toContain(message);
  }); // biome-ignore format: a case a line

  it('says that it was released', async () => {
    await segmenter.segment(testImage(8, 8));
    await segmenter.release();
    await segmenter.release();
    expect(await thrownFor(testImage(8, 8))).toBe(
      'segmenter: got an image after release(), expected none; create another segmenter',
    );
  });
});
