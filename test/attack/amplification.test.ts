import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyAmplifier, measureAmplifier } from './amplify.ts';
import { bundleReading, type Reading } from './bundle-reading.ts';

/** One of each kind; amplify.ts goes through all, and through larger ones. */
const short = new Set([
  'label PNG: pixels that unpack to more than its size',
  'label PNG: a size that its pixels do not fill',
  'TensorFlow Lite: operators that share a long list',
  'safetensors: a shape of no numbers',
  'safetensors: empty lists',
  'safetensors: tensors that are none',
  'GIF: frames far larger than its pixels',
  'PNG: rows far wider than its pixels',
  'AVIF: a width that no frame has',
  'class list: lines without end',
  'MATLAB: data that unpack without end',
  'MATLAB: a struct of names without end',
  'YOLO labels: one line of numbers',
  'list of ids: one id again and again',
  'COCO: runs of 1e12 pixels',
  'COCO: edges far outside of the image',
  'labelme: shapes that are none',
  'labelme: a polygon of long edges',
  'labelme: JSON of single digits',
  'labelme: JSON of objects of ever other names',
  'Supervisely: a bitmap that unpacks without end',
]);
const chosen = everyAmplifier.filter(({ reader, what }) => short.has(`${reader}: ${what}`));

describe('a small file that asks for much', () => {
  let reading: Reading;
  beforeAll(async () => {
    reading = await bundleReading();
  });
  afterAll(() => reading?.remove());

  it('is one of those that are there', () => expect(chosen.length).toBe(short.size));

  it.each(chosen.map((one) => [`${one.reader}: ${one.what}`, one] as const))(
    'takes a small multiple of itself: %s',
    { timeout: 180_000 },
    async (_, amplifier) => {
      const { isOurs, message, grownBytes, allowedBytes } = await measureAmplifier(
        amplifier,
        4,
        reading.program,
      );
      expect(isOurs, message).toBe(true);
      if (!amplifier.result) expect(message).toBeDefined();
      expect(grownBytes).toBeLessThan(allowedBytes);
    },
  );
});
