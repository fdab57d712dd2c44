import { describe, expect, it } from 'vitest';
import { allocate, type Tensor } from '../../src/base/tensor.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { backboneOf } from '../../src/networks/backbones/backbones.ts';
import { headsOf } from '../../src/networks/class-heads.ts';
import { foldNormalization } from '../../src/networks/fold-normalization.ts';
import { compileInference } from '../../src/networks/graphs/inference.ts';
import { type ModelName, modelNames } from '../../src/networks/model-names.ts';
import type { Architecture } from '../../src/networks/network.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import { readFixture, relativeDifference } from '../fixtures.ts';
import { noise } from './helpers.ts';

const { tensors, metadata } = await readFixture('heads');
const { width, cases } = JSON.parse(metadata.heads!) as {
  width: number;
  cases: { name: string; model: ModelName }[];
};

/** As many classes as the heads of the fixture have. */
const heads = [
  { name: 'semantic', classes: ['a', 'b', 'c', 'd'] },
  { name: 'geometric', classes: ['sky', 'horizontal', 'vertical'] },
];
const shared = { numClasses: 4, deconvolution: 'learned', heads } as const;

/** The scores of each head for an image. */
async function scoresOf(
  architecture: Architecture,
  weights: ReadonlyMap<string, Tensor<'float32'>>,
  image: Tensor,
): Promise<Tensor<'float32'>[]> {
  const [, , height, width] = image.shape as [number, number, number, number];
  const session = await nativeRuntime.createSession(compileInference(architecture), { threads: 1 });
  const outputs = headsOf(architecture).map(
    ({ suffix, numClasses }) =>
      [`scores${suffix}`, allocate('float32', [1, numClasses, height, width])] as const,
  );
  const folded = foldNormalization(backboneOf(architecture.model).layers, weights);
  await session.run({ ...Object.fromEntries(folded), image }, Object.fromEntries(outputs));
  await session.release();
  return outputs.map(([, scores]) => scores);
}

describe.each(cases)('$name: two heads on one backbone', ({ name, model }) => {
  const architecture = { ...shared, model, width };
  const weights = new Map(
    parametersOf(architecture).map(({ name: key, shape }) => {
      const tensor = (tensors.get(`${name}/initial/${key}`) ?? tensors.get(`initial/${key}`))!;
      expect(tensor.shape, key).toEqual(shape);
      return [key, tensor as Tensor<'float32'>];
    }),
  );

  it.each([0, 1, 2])('give the scores of PyTorch, image %i', async (index) => {
    const [semantic, geometric] = await scoresOf(architecture, weights, tensors.get(`images/${index}`)!);
    expect(relativeDifference(semantic!, tensors.get(`${name}/logits/${index}`)!)).toBeLessThan(1e-4);
    expect(relativeDifference(geometric!, tensors.get(`${name}/logits_geometric/${index}`)!)).toBeLessThan(
      1e-4,
    );
  });
});

describe.each(modelNames)('%s', (model) => {
  const architecture = { ...shared, model, width: 1 / 16 };

  it('scores with each head as a network that has that head alone', async () => {
    const parameters = parametersOf(architecture);
    const weights = new Map(
      parameters.map(({ name, shape }) => {
        const values = noise(name, shape, 1 / Math.sqrt(shape.slice(1).reduce((a, b) => a * b, 1)));
        // Variances are positive.
        if (name.endsWith('.running_var')) values.data.set(values.data.map((x) => 1 + x * x));
        return [name, values];
      }),
    );
    const image = noise('image', [1, 3, 64, 80], 1);
    const both = await scoresOf(architecture, weights, image);
    for (const [i, { suffix, numClasses }] of headsOf(architecture).entries()) {
      const { heads: _, ...one } = { ...architecture, numClasses };
      const own = parametersOf(one).map(({ name, shape }) => {
        const [layer, kind] = name.split('.');
        const tensor = weights.get(`${layer}${suffix}.${kind}`) ?? weights.get(name)!;
        expect(tensor.shape, name).toEqual(shape);
        return [name, tensor] as const;
      });
      const [alone] = await scoresOf(one, new Map(own), image);
      expect(Math.max(...alone!.data.map(Math.abs))).toBeGreaterThan(0);
      expect(relativeDifference(both[i]!, alone!)).toBeLessThan(1e-5);
    }
    // What both share is there once.
    const count = (of: Architecture) =>
      parametersOf(of).filter(({ name }) => !/^(up)?score/.test(name)).length;
    expect(count(architecture)).toBe(count({ ...architecture, heads: undefined }));
  });
});
