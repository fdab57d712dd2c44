import { describe, expect, it } from 'vitest';
import { allocate } from '../../src/base/tensor.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { compileInference } from '../../src/networks/graphs/inference.ts';
import type { ModelName } from '../../src/networks/model-names.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import { readFixture, relativeDifference } from '../fixtures.ts';

const { tensors, metadata } = await readFixture('networks');
const { width, numClasses, names } = JSON.parse(metadata.networks!) as {
  width: number;
  numClasses: number;
  names: ModelName[];
};

describe.each(names)('%s', (model) => {
  const architecture = { model, numClasses, width, deconvolution: 'learned' } as const;
  /** The backbone is shared between the networks of the fixture. */
  const weights = Object.fromEntries(
    parametersOf(architecture).map(({ name, shape }) => {
      const tensor = (tensors.get(`${model}/weights/${name}`) ?? tensors.get(`weights/${name}`))!;
      expect(tensor.shape, name).toEqual(shape);
      return [name, tensor];
    }),
  );

  it.each([0, 1])('gives the scores of PyTorch, image %i', async (index) => {
    const image = tensors.get(`${model}/${index}/image`)!;
    const expected = tensors.get(`${model}/${index}/logits`)!;
    const session = await nativeRuntime.createSession(
      compileInference(architecture, { batchSize: image.shape[0]! }),
      {
        threads: 1,
      },
    );
    const scores = allocate('float32', expected.shape);
    await session.run({ ...weights, image }, { scores });
    await session.release();
    expect(relativeDifference(scores, expected)).toBeLessThan(1e-4);
  });
});
