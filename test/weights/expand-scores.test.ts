import { expect, it } from 'vitest';
import { transplant } from '../../src/weights/transplant.ts';
import { randomModel } from './models.ts';

const source = randomModel({ model: 'fcn8s', numClasses: 3, classes: ['background', 'cat', 'dog'] });
const target = { model: 'fcn8s', width: 1 / 64, deconvolution: 'learned' } as const;

it('a score layer for more classes starts with those that both have, by name, and zero for the others', () => {
  const classes = ['background', 'cow', 'dog', 'cat', 'horse'];
  const { weights, fates } = transplant(source, { ...target, numClasses: 5, classes }, 0, {
    expandScores: true,
  });
  const from = [0, undefined, 2, 1, undefined];
  const before = source.weights.get('score_fr.weight')!;
  const size = before.data.length / 3;
  const after = weights.get('score_fr.weight')!;
  for (const [row, old] of from.entries()) {
    const expected =
      old === undefined ? new Float32Array(size) : before.data.subarray(old * size, (old + 1) * size);
    expect(after.data.subarray(row * size, (row + 1) * size)).toEqual(expected);
  }
  const bias = source.weights.get('score_fr.bias')!.data;
  expect([...weights.get('score_fr.bias')!.data]).toEqual(
    from.map((old) => (old === undefined ? 0 : bias[old])),
  );
  // Between classes that both have a deconvolution is what it was; to and from new ones it is bilinear.
  const [old, grown] = [source.weights.get('upscore2.weight')!.data, weights.get('upscore2.weight')!.data];
  const kernel = (data: Float32Array, classesOf: number, i: number, j: number) =>
    data.subarray((i * classesOf + j) * 16, (i * classesOf + j + 1) * 16);
  expect(kernel(grown, 5, 2, 3)).toEqual(kernel(old, 3, 2, 1));
  expect(kernel(grown, 5, 1, 2)).toEqual(new Float32Array(16));
  expect(kernel(grown, 5, 4, 4)[5]).toBe(0.5625); // 0.75^2
  expect(fates.find(({ name }) => name === 'score_fr.weight')).toEqual({
    ...{ name: 'score_fr.weight', fate: 'expanded', reason: '3 of 5 classes are in the file' },
  });
});

it('goes by number where the file names no classes', () => {
  const unnamed = { ...source, config: { ...source.config, classes: ['class 0', 'class 1', 'class 2'] } };
  const { weights } = transplant(unnamed, { ...target, numClasses: 4, classes: [...'abcd'] }, 0, {
    expandScores: true,
  });
  const before = source.weights.get('score_fr.bias')!.data;
  expect([...weights.get('score_fr.bias')!.data]).toEqual([...before, 0]);
});

it('starts anew where it is not asked for, and where no class is in both', () => {
  const classes = ['grass', 'sky'];
  const plain = transplant(source, { ...target, numClasses: 2, classes }, 0);
  const asked = transplant(source, { ...target, numClasses: 2, classes }, 0, { expandScores: true });
  expect(asked).toEqual(plain);
  expect(plain.fates.find(({ name }) => name === 'score_fr.weight')!.fate).toBe('initialized');
});
