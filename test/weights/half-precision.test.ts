import { readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { toHalves } from '../../src/weights/half-precision.ts';
import { loadModel, saveModel } from '../../src/weights/model-file.ts';
import { randomModel } from './models.ts';
import { temporaryFile } from './torch/files.ts';

describe('toHalves', () => {
  // By NumPy: np.array([...], 'f4').astype('f2').view('u2').
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2.5, 0xc100],
    [0.1, 0x2e66],
    [2049, 0x6800], // between 2048 and 2050: to the even one
    [2051, 0x6802],
    [65504, 0x7bff],
    [65519, 0x7bff],
    [6.103515625e-5, 0x0400], // the least normal number
    [6.0975552e-5, 0x03ff], // the largest below it
    [6.1e-5, 0x03ff],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000], // half of it: to the even one
    [2.99e-8, 0x0001],
    [1e-9, 0x0000],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    [Number.NaN, 0x7e00],
  ])('rounds %d as NumPy does', (value, bits) => {
    expect([...toHalves(Float32Array.of(value))]).toEqual([bits]);
  });

  it('refuses what is too large', () => {
    expect(() => toHalves(Float32Array.of(65520))).toThrow(/expected at most 65504/);
  });
});

it('names the tensor that is too large for halves', async () => {
  const model = randomModel();
  model.weights.get('fc7.bias')!.data[0] = 1e6;
  await expect(saveModel(temporaryFile('large.safetensors'), model, { half: true })).rejects.toThrow(
    'tensor "fc7.bias": half precision: got 1000000, expected at most 65504; write it in full precision',
  );
});

it('writes half of the bytes, which are read again', async () => {
  const model = randomModel();
  const [whole, half, again] = ['whole', 'half', 'again'].map((name) => temporaryFile(`${name}.safetensors`));
  await saveModel(whole!, model);
  await saveModel(half!, model, { half: true });
  expect((await stat(half!)).size / (await stat(whole!)).size).toBeLessThan(0.6);
  const read = await loadModel(half!);
  expect(read.config).toEqual(model.config);
  for (const [name, { data }] of model.weights) {
    read.weights.get(name)!.data.forEach((value, i) => {
      expect(Math.abs(value - data[i]!)).toBeLessThanOrEqual(2 ** -11 * Math.abs(data[i]!) + 2 ** -25);
    });
  }
  await saveModel(again!, read, { half: true });
  expect(await readFile(again!)).toEqual(await readFile(half!)); // halves are halves
});
