import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { meanPixel, toBatch, toInput } from '../../../src/data/batches/batch.ts';
import type { Image } from '../../../src/data/images/image.ts';
import { type InputConfig, inputConfigSchema } from '../../../src/data/input-config.ts';
import { trainingTransform } from '../../../src/data/transforms/augment.ts';
import { resizeImage } from '../../../src/data/transforms/resample.ts';
import { testImage } from '../helpers.ts';

/** As for RGB-D by Caffe's weights: BGR, then the logarithm of a depth. */
const depth: InputConfig = {
  ...{ channels: [2, 1, 0, 3], names: ['red', 'green', 'blue', 'depth'], bits: 16, scale: 255 },
  ...{ mean: [104, 117, 123, 7.844], std: [1, 1, 1, 0.5], log: [false, false, false, true] },
};

describe('preprocessing of other channels', () => {
  it('takes each from where it is in the image, with its own mean, deviation and logarithm', () => {
    const image = { width: 2, height: 1, data: Uint16Array.from([10, 20, 30, 2550, 40, 50, 60, 0]) };
    const { shape, data } = toInput(image, depth);
    expect(shape).toEqual([1, 4, 1, 2]);
    expect([...data.subarray(0, 6)]).toEqual([-74, -44, -97, -67, -113, -83]);
    expect(data[6]).toBeCloseTo((Math.log(2550) - 7.844) / 0.5, 5);
    expect(data[7]).toBe(0); // no measurement
    expect(meanPixel(depth)).toEqual([123, 117, 104, 2550]);
  });

  it('refuses another number of channels and another number of bits in a line', () => {
    const label = { width: 2, height: 1, data: new Uint8Array(2) };
    const batchOf = (image: Image) => () => toBatch([{ id: 'a', image, label }], depth);
    expect(batchOf({ width: 2, height: 1, data: new Uint16Array(6) })).toThrow(
      /^image: got 3 channels with 16 bits, expected 4 with 16 bits \(red, green, blue, depth\) for this network;.*$/,
    );
    expect(batchOf({ width: 2, height: 1, data: new Uint8Array(8) })).toThrow(
      /got 4 channels with 8 bits, expected 4 with 16/,
    );
  });

  it.each([
    [{ channels: [0, 1, 1, 3] }, /each of 0 to 3 once/],
    [{ mean: [1, 2, 3] }, /got 3 values, expected 4/],
    [{ channels: 'BGR' }, /got 4 values, expected 3/],
    [{ bits: 12 }, /bits/],
    [{ std: [1, 1, 0, 1] }, /must not be 0/],
  ])('has a record that makes sense: %o', (change, message) => {
    expect(inputConfigSchema.safeParse(depth).success).toBe(true);
    const { error } = inputConfigSchema.safeParse({ ...depth, ...change });
    expect(`${error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n')}`).toMatch(
      message,
    );
  });
});

describe('transforms of other channels', () => {
  const rgb = testImage(30, 41);
  const of = (order: readonly number[], value: (byte: number) => number, data: Image['data']): Image => {
    const { width, height } = rgb;
    data.set(
      Array.from({ length: width * height }, (_, i) => order.map((c) => value(rgb.data[3 * i + c]!))).flat(),
    );
    return { width, height, data };
  };
  const pixels = 30 * 41;
  const five = of([0, 2, 1, 1, 0], (byte) => byte, new Uint8Array(5 * pixels));

  // That of RGB is Pillow's to the bit.
  it('resize each channel as that of an RGB image', () => {
    for (const [height, width] of [
      [17, 60],
      [64, 20],
    ] as const) {
      const [resized, expected] = [resizeImage(five, height, width), resizeImage(rgb, height, width)];
      const picked = Array.from({ length: height * width }, (_, i) =>
        [0, 2, 1, 1, 0].map((c) => expected.data[3 * i + c]!),
      );
      expect(resized).toEqual({ width, height, data: Uint8Array.from(picked.flat()) });
    }
  });

  it('resize 16 bits as finely as they are', () => {
    const deep = of([1], (byte) => 257 * byte, new Uint16Array(pixels));
    const resized = resizeImage(deep, 64, 20);
    const expected = resizeImage(rgb, 64, 20);
    let between = 0;
    resized.data.forEach((value, i) => {
      // Rounded to a byte after each of two passes.
      expect(Math.abs(value / 257 - expected.data[3 * i + 1]!)).toBeLessThanOrEqual(1);
      if (value % 257 !== 0) between++;
    });
    expect(between).toBeGreaterThan(64 * 10);
  });

  it.each([
    ['crop', 24, 60],
    ['resize', 20, 25],
  ] as const)('move all channels alike: %s', (mode, height, width) => {
    const label = { width: 41, height: 30, data: new Uint8Array(pixels) };
    const fill = [1, 2, 3, 4, 5];
    const transformOf = (color: readonly number[]) =>
      trainingTransform({ mode, height, width }, ['scale', 'shift', 'flip'], color);
    for (let i = 0; i < 6; i++) {
      const all = transformOf(fill)({ id: 'a', image: five, label }, random(i, 'channels'));
      const colors = transformOf([1, 3, 2])({ id: 'a', image: rgb, label }, random(i, 'channels'));
      expect(all.label).toEqual(colors.label);
      for (let pixel = 0; pixel < height * width; pixel++) {
        const [red, blue, green] = all.image.data.subarray(5 * pixel);
        expect([red, green, blue]).toEqual([...colors.image.data.subarray(3 * pixel, 3 * pixel + 3)]);
      }
    }
  });

  it('change no colors where there are none', () => {
    const label = { width: 41, height: 30, data: new Uint8Array(pixels) };
    const transform = trainingTransform({ mode: 'native' }, ['color'], [0, 0, 0, 0, 0]);
    expect(() => transform({ id: 'a', image: five, label }, random(1))).toThrow(/got color .* 5 channels/);
  });
});
