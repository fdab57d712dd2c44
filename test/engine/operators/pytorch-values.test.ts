import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../src/base/tensor.ts';
import { softmaxLoss } from '../../../src/engine/operators/losses/softmax-loss.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import { readFixture } from '../../fixtures.ts';
import { testOperators } from './operator-tests.ts';
import { runWithGradients } from './run-graph.ts';

describe('values and gradients are those of PyTorch', () => testOperators(nativeRuntime));

it('the sum of a weighted loss over what it calls the number of valid pixels is the mean of PyTorch', async () => {
  const { tensors, metadata } = await readFixture('operators');
  const cases: { name: string; attributes: { classWeights: number[] } }[] = JSON.parse(metadata.cases!);
  const { classWeights } = cases.find(({ name }) => name === 'loss-weights-sum')!.attributes;
  const run = (result: 'loss' | 'validPixels') =>
    runWithGradients({
      apply: (graph, { x, label }) =>
        Object.assign(softmaxLoss(graph, x!, label!, { normalization: 'sum', classWeights })[result], {
          dtype: 'float32' as const,
          shape: [],
        }),
      inputs: {
        x: tensors.get('loss-weights-sum/x') as Tensor,
        label: tensors.get('loss-weights-sum/label') as Tensor,
      },
      outputShape: [],
      wanted: [],
    });
  const [sum, weight] = [await run('loss'), await run('validPixels')];
  const mean = Number(tensors.get('loss-weights-mean/loss')!.data[0]);
  expect(Number(sum.y.data[0]) / Number(weight.y.data[0])).toBeCloseTo(mean, 5);
});
