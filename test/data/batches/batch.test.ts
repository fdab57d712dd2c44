import { describe, expect, it } from 'vitest';
import { meanPixel, toBatch, toInput } from '../../../src/data/batches/batch.ts';
import { inputPresets } from '../../../src/data/input-config.ts';
import { codedSample, testImage } from '../helpers.ts';

const { caffe, torchvision } = inputPresets;

describe('toInput', () => {
  const image = { width: 2, height: 1, data: Uint8Array.from([255, 128, 0, 10, 20, 30]) };

  it('gives Caffe networks BGR minus the mean', () => {
    const { shape, dtype, data } = toInput(image, caffe);
    expect([dtype, ...shape]).toEqual(['float32', 1, 3, 1, 2]);
    const [b, g, r] = [104.00699, 116.66877, 122.67892];
    const expected = [0 - b, 30 - b, 128 - g, 20 - g, 255 - r, 10 - r];
    expected.forEach((value, i) => {
      expect(data[i]).toBeCloseTo(value, 4);
    });
  });

  it('gives torchvision networks normalized RGB', () => {
    const { data } = toInput(image, torchvision);
    // torchvision.transforms.functional.normalize(to_tensor(image), mean, std), by hand.
    const expected = [
      (1 - 0.485) / 0.229,
      (10 / 255 - 0.485) / 0.229,
      (128 / 255 - 0.456) / 0.224,
      (20 / 255 - 0.456) / 0.224,
      (0 - 0.406) / 0.225,
      (30 / 255 - 0.406) / 0.225,
    ];
    expected.forEach((value, i) => {
      expect(data[i]).toBeCloseTo(value, 5);
    });
  });
});

describe('meanPixel', () => {
  it('is in RGB order and nearly zero for the network', () => {
    expect(meanPixel(caffe)).toEqual([123, 117, 104]);
    expect(meanPixel(torchvision)).toEqual([124, 116, 104]);
    for (const input of [caffe, torchvision]) {
      const { data } = toInput({ width: 1, height: 1, data: Uint8Array.from(meanPixel(input)) }, input);
      for (const value of data) expect(Math.abs(value)).toBeLessThan(0.51);
    }
  });
});

describe('toBatch', () => {
  it('stacks samples in their order', () => {
    const first = { ...codedSample(3, 4), id: 'first' };
    const second = { ...codedSample(3, 4), id: 'second', image: testImage(3, 4) };
    const batch = toBatch([first, second], caffe);
    expect(batch.ids).toEqual(['first', 'second']);
    expect(batch.image.shape).toEqual([2, 3, 3, 4]);
    expect(batch.label.shape).toEqual([2, 3, 4]);
    expect([...batch.label.data]).toEqual([...first.label.data, ...second.label.data]);
    expect(batch.image.data.subarray(0, 36)).toEqual(toInput(first.image, caffe).data);
    expect(batch.image.data.subarray(36)).toEqual(toInput(second.image, caffe).data);
  });

  it('refuses samples of different sizes and names them', () => {
    const samples = [
      { ...codedSample(3, 4), id: 'a' },
      { ...codedSample(4, 3), id: 'b' },
    ];
    expect(() => toBatch(samples, caffe)).toThrow(
      /^batch: got b of 3x4 with a of 4x3 pixels, expected the same size.*batch size 1$/,
    );
  });
});
