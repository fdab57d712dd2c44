import { expect, it } from 'vitest';
import { remarksOnSize } from '../../../src/inference/predict/trained-size.ts';

it('says where an image is far from the size that the network was trained at', () => {
  const trainedSize = { height: 240, width: 320 };
  const about = (width: number, height: number) => remarksOnSize({ trainedSize }, { width, height });
  expect(about(4000, 3000)).toEqual([
    expect.stringMatching(/^is much larger than the 240x320 pixels .*; --resize 240x320 lets/),
  ]);
  expect(about(160, 120)).toEqual([expect.stringMatching(/^is much smaller than the 240x320/)]);
  expect(about(320, 240)).toEqual([]);
  expect(about(300, 400)).toEqual([]);
  expect(remarksOnSize({}, { width: 4000, height: 3000 })).toEqual([]);
  expect(remarksOnSize({ trainedSize, longestSide: 513 }, { width: 4000, height: 3000 })).toEqual([]);
});
