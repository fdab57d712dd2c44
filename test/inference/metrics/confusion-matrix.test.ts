import { describe, expect, it } from 'vitest';
import { ConfusionMatrix } from '../../../src/inference/metrics/confusion-matrix.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('ConfusionMatrix', () => {
  it('counts true class by row, predicted class by column, and leaves ignored pixels out', () => {
    const matrix = new ConfusionMatrix(3);
    matrix.add(bytes(0, 0, 1, 2, 255, 255), bytes(0, 2, 1, 1, 0, 255));
    expect([...matrix.counts]).toEqual([1, 0, 1, 0, 1, 0, 0, 1, 0]);
    expect(matrix.images).toBe(1);
  });

  it('adds up over images and over merged matrices alike', () => {
    const images: [Uint8Array, Uint8Array][] = [
      [bytes(0, 1, 1), bytes(1, 1, 0)],
      [bytes(1, 255, 0), bytes(1, 0, 0)],
      [bytes(0, 0, 0), bytes(0, 1, 0)],
    ];
    const whole = new ConfusionMatrix(2);
    for (const image of images) whole.add(...image);
    const first = new ConfusionMatrix(2);
    first.add(...images[0]!);
    const rest = new ConfusionMatrix(2);
    for (const image of images.slice(1)) rest.add(...image);
    first.merge(rest);
    expect(first).toEqual(whole);
    expect([...whole.counts]).toEqual([3, 2, 1, 2]);
    expect(() => whole.merge(new ConfusionMatrix(3))).toThrow('got 3 classes, expected 2');
  });

  it('stays exact where float32 and int32 counts would not', () => {
    const matrix = new ConfusionMatrix(1);
    matrix.counts[0] = 2 ** 40;
    matrix.add(bytes(0), bytes(0));
    expect(matrix.counts[0]).toBe(2 ** 40 + 1);
  });

  it('names a value that is no class, and where it is', () => {
    const matrix = new ConfusionMatrix(2);
    expect(() => matrix.add(bytes(0, 1), bytes(0, 255))).toThrow('prediction: got value 255 at pixel 1');
    expect(() => matrix.add(bytes(2), bytes(0))).toThrow('truth: got value 2 at pixel 0');
    expect(() => matrix.add(bytes(0, 1), bytes(0))).toThrow('got 1 pixels, expected 2');
  });
});
