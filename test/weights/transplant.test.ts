import { describe, expect, it } from 'vitest';
import { initializeParameter } from '../../src/engine/parameters/initialize.ts';
import type { ModelName } from '../../src/networks/model-names.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import { formatFates } from '../../src/weights/fates.ts';
import type { Model } from '../../src/weights/model.ts';
import { transplant } from '../../src/weights/transplant.ts';
import { randomModel } from './models.ts';

const targetOf = (model: ModelName, numClasses = 21) => {
  const { classes, ...architecture } = randomModel({ model, numClasses }).config;
  return architecture;
};

describe('transplant', () => {
  it('starts FCN-16s from FCN-32s and FCN-8s from FCN-16s', () => {
    const coarse = randomModel({ model: 'fcn32s' });
    const middle = transplant(coarse, targetOf('fcn16s'), 3);
    expect(formatFates(middle.fates)).toBe(
      'copied 32: conv1_1 ... score_fr\n' +
        'initialized 4: upscore2, score_pool4, upscore16 (not in the file)\n' +
        'dropped 1: upscore (not part of fcn16s)',
    );
    const fine = transplant(
      { config: randomModel({ model: 'fcn16s' }).config, weights: middle.weights },
      targetOf('fcn8s'),
      3,
    );
    expect(formatFates(fine.fates)).toBe(
      'copied 35: conv1_1 ... score_pool4\n' +
        'initialized 4: upscore_pool4, score_pool3, upscore8 (not in the file)\n' +
        'dropped 1: upscore16 (not part of fcn8s)',
    );
    // Copied means the same memory: a full-width network is not held twice.
    expect(fine.weights.get('fc6.weight')).toBe(coarse.weights.get('fc6.weight'));
    expect(fine.weights.get('score_fr.bias')).toBe(coarse.weights.get('score_fr.bias'));
    expect(new Set(fine.weights.get('score_pool3.weight')!.data)).toEqual(new Set([0]));
    // Factor 2 for each class alone: the outer product of (1/4, 3/4, 3/4, 1/4).
    const kernel = fine.weights.get('upscore_pool4.weight')!.data;
    expect([...kernel.slice(0, 4)]).toEqual([0.0625, 0.1875, 0.1875, 0.0625]);
    expect([...kernel.slice(16, 20)]).toEqual([0, 0, 0, 0]);
    const expected = parametersOf(targetOf('fcn8s')).map(({ name, shape }) => [name, shape]);
    expect([...fine.weights].map(([name, { shape }]) => [name, shape])).toEqual(expected);
  });

  it.each(['squeezenet', 'mobilenetv2'] as const)(
    'starts finer heads on %s from coarser ones',
    (backbone) => {
      const [coarse, middle, fine] = (['fcn32s', 'fcn16s', 'fcn8s'] as const).map(
        (head) => `${head}-${backbone}` as const,
      ) as [ModelName, ModelName, ModelName];
      const skips = { squeezenet: ['fire9', 'fire8'], mobilenetv2: ['block13', 'block6'] }[backbone];
      const start = randomModel({ model: coarse, width: 1 / 16 });
      const target = (model: ModelName) => ({ ...targetOf(model), width: 1 / 16 });
      const second = transplant(start, target(middle), 3);
      expect(formatFates(second.fates)).toMatch(
        new RegExp(
          `^copied \\d+: conv1 ... score_fr\ninitialized 4: upscore2, score_${skips[0]}, upscore16 \\(not in the file\\)\n` +
            `dropped 1: upscore \\(not part of ${middle}\\)$`,
        ),
      );
      const config = { ...start.config, model: middle };
      const third = transplant({ config, weights: second.weights }, target(fine), 3);
      expect(formatFates(third.fates)).toContain(
        `initialized 4: upscore_${skips[0]}, score_${skips[1]}, upscore8 (not in the file)\ndropped 1: upscore16`,
      );
      expect(third.weights.get('score_fr.weight')).toBe(start.weights.get('score_fr.weight'));
    },
  );

  it('refuses weights of another backbone, and says which network has it', () => {
    const source = randomModel({ model: 'fcn16s-squeezenet', width: 1 / 16 });
    expect(() => transplant(source, targetOf('fcn16s-mobilenetv2'), 1)).toThrow(
      /got SqueezeNet, expected MobileNetV2 for fcn16s-mobilenetv2; use --model fcn16s-squeezenet, or weights of MobileNetV2/,
    );
    expect(() => transplant(source, targetOf('fcn8s-atonce'), 1)).toThrow(
      /got SqueezeNet, expected VGG-16 for fcn8s-atonce; choose weights of VGG-16/,
    );
  });

  it('takes a network for other classes without its score layers', () => {
    const source = randomModel({ numClasses: 21 });
    const { weights, fates } = transplant(source, targetOf('fcn8s', 4), 3);
    expect(formatFates(fates)).toBe(
      'copied 30: conv1_1 ... fc7\ninitialized 9: score_fr ... upscore8 (21 classes in the file, not 4)',
    );
    expect(weights.get('conv1_1.weight')).toBe(source.weights.get('conv1_1.weight'));
    for (const parameter of parametersOf(targetOf('fcn8s', 4)).slice(30)) {
      expect(weights.get(parameter.name)).toEqual(initializeParameter(parameter, 3));
    }
  });

  it.each<[ModelName, ModelName, number, number]>([
    ['fcn8s', 'fcn8s-atonce', 100, 10_000],
    ['fcn8s-atonce', 'fcn8s', 0.01, 0.0001],
    ['fcn16s', 'fcn8s-atonce', 100, 0],
    ['fcn8s-atonce', 'fcn16s', 0.01, 0],
  ])('rescales the skips of %s for %s, so that their scores stay the same', (from, to, pool4, pool3) => {
    const source = randomModel({ model: from });
    const { weights, fates } = transplant(source, targetOf(to), 3);
    const ratios = (name: string) =>
      source.weights.get(name)!.data.map((value, i) => weights.get(name)!.data[i]! / value);
    for (const ratio of ratios('score_pool4.weight')) expect(ratio / pool4).toBeCloseTo(1, 6);
    if (pool3) for (const ratio of ratios('score_pool3.weight')) expect(ratio / pool3).toBeCloseTo(1, 6);
    expect(weights.get('score_pool4.bias')).toBe(source.weights.get('score_pool4.bias'));
    expect(weights.get('score_fr.weight')).toBe(source.weights.get('score_fr.weight'));
    const factors = to === 'fcn8s-atonce' ? `by 0.01, ${from} by 1` : `by 1, ${from} by 0.01`;
    expect(formatFates(fates)).toContain(`rescaled 1: score_pool4 (${to} scales its input ${factors})`);
  });

  it('tells classes apart by name where both have one', () => {
    const source = randomModel({ numClasses: 2, classes: ['background', 'cat'] });
    const lineFor = (...classes: string[]) =>
      formatFates(transplant(source, { ...targetOf('fcn8s', 2), classes }, 3).fates).split('\n')[1];
    expect(lineFor('background', 'cat')).toBeUndefined();
    expect(lineFor('background', 'class 1')).toBeUndefined();
    expect(lineFor('background', 'dog')).toBe(
      "initialized 9: score_fr ... upscore8 (class 1 is 'cat' in the file, not 'dog')",
    );
  });

  it('refuses another width, naming both', () => {
    const source = randomModel({ width: 1 / 32 });
    expect(() => transplant(source, targetOf('fcn8s'), 3)).toThrow(
      /got width 0.03125 \(conv1_1.weight of shape \[2, 3, 3, 3\]\), expected width 0.015625 \(\[1, 3, 3, 3\]\)/,
    );
    // Even when the first layers have the same number of channels.
    const nearly = randomModel({ width: 1 / 60 });
    expect(() => transplant(nearly, targetOf('fcn8s'), 3)).toThrow(/\(conv4_1.weight of shape \[9, /);
  });

  it('refuses a file of which nothing fits', () => {
    const { config, weights } = randomModel();
    const other: Model = {
      config,
      weights: new Map([...weights].map(([name, tensor]) => [`encoder.${name}`, tensor])),
    };
    expect(() => transplant(other, targetOf('fcn8s'), 3)).toThrow(/got no tensor that fits fcn8s/);
  });
});
