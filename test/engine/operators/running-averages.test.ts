import { describe, expect, it } from 'vitest';
import { allocate } from '../../../src/base/tensor.ts';
import { encodeModel } from '../../../src/engine/graph/encode.ts';
import { Graph } from '../../../src/engine/graph/graph.ts';
import { batchNormalization } from '../../../src/engine/operators/batch-normalization.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import { readFixture, relativeDifference } from '../../fixtures.ts';

const { tensors } = await readFixture('operators');
const cases = [...tensors.keys()].flatMap((key) => /^(.*)\/followed-mean$/.exec(key)?.[1] ?? []);

describe('what running averages follow', () => {
  it.each(cases)('is what those of PyTorch become with a momentum of 1: %s', async (name) => {
    const graph = new Graph();
    const inputs = Object.fromEntries(['x', 'w', 'b'].map((key) => [key, tensors.get(`${name}/${key}`)!]));
    const values = Object.fromEntries(
      Object.entries(inputs).map(([key, { shape }]) => [key, graph.input(key, 'float32', shape)]),
    );
    const { statistics } = batchNormalization(graph, values.x!, { scale: values.w!, shift: values.b! });
    const results = Object.fromEntries(
      (['mean', 'variance'] as const).map((key) => {
        const { shape } = inputs.w!;
        graph.output(key, statistics[key], 'float32', shape);
        return [key, allocate('float32', shape)];
      }),
    );
    const session = await nativeRuntime.createSession(encodeModel(graph, 'test'), { threads: 1 });
    await session.run(inputs, results);
    await session.release();
    for (const [key, result] of Object.entries(results)) {
      expect(relativeDifference(result, tensors.get(`${name}/followed-${key}`)!), key).toBeLessThan(1e-5);
    }
  });
});
