import { sizeOf, type Tensor, tensorOf } from '../../../src/base/tensor.ts';
import type { Value } from '../../../src/engine/graph/graph.ts';
import { convolution } from '../../../src/engine/operators/convolution.ts';
import type { LossNormalization } from '../../../src/engine/operators/losses/pixel-loss.ts';
import { softmaxLoss } from '../../../src/engine/operators/losses/softmax-loss.ts';
import { relu } from '../../../src/engine/operators/relu.ts';
import type { Construction } from '../../../src/engine/parameters/parameter.ts';
import type { NamedTensors } from '../../../src/engine/runtimes/session.ts';
import type { UpdateConfig } from '../../../src/networks/update-rules.ts';
import { readFixture } from '../../fixtures.ts';

/** The network of peer/fixture_optimizers.py. */
export function buildScores(construction: Construction, batchSize: number): Value {
  const { graph } = construction;
  const image = graph.input('image', 'float32', [batchSize, 3, 'height', 'width']);
  const w1 = construction.parameter('conv1.weight', [4, 3, 3, 3], 'he-normal');
  const b1 = construction.parameter('conv1.bias', [4], 'zero');
  const hidden = relu(graph, convolution(graph, image, w1, b1, { pad: 1 }));
  const w2 = construction.parameter('score_fr.weight', [3, 4, 1, 1], 'he-normal');
  const b2 = construction.parameter('score_fr.bias', [3], 'zero');
  return convolution(graph, hidden, w2, b2, { pad: 0 });
}

export function buildLoss(construction: Construction, batchSize = 2, loss: LossNormalization = 'mean') {
  const { graph } = construction;
  const scores = buildScores(construction, batchSize);
  const label = graph.input('label', 'uint8', [batchSize, 'height', 'width']);
  return softmaxLoss(graph, scores, label, { normalization: loss });
}

export interface Case extends UpdateConfig {
  readonly name: string;
  readonly learningRate: number;
}

const fixture = await readFixture('optimizers');

export const cases: Case[] = JSON.parse(fixture.metadata.optimizers!).cases;

export function expected(key: string): Tensor<'float32'> {
  return fixture.tensors.get(key) as Tensor<'float32'>;
}

export function initialWeights(): Map<string, Tensor<'float32'>> {
  const names = ['conv1.weight', 'conv1.bias', 'score_fr.weight', 'score_fr.bias'];
  return new Map(
    names.map((name) => {
      const { shape, data } = expected(`initial/${name}`);
      return [name, tensorOf('float32', shape, data)];
    }),
  );
}

/** The batch of a step. */
export function batchAt(step: number): NamedTensors {
  return {
    image: fixture.tensors.get(`images/${step % 4}`)!,
    label: fixture.tensors.get(`labels/${step % 4}`)!,
  };
}

/** The images of a batch, each as a batch of its own. */
export function inParts(batch: NamedTensors): NamedTensors[] {
  return [0, 1].map((i) => {
    const parts = Object.entries(batch).map(([name, { dtype, shape, data }]) => {
      const own = [1, ...shape.slice(1)];
      const values = (data as Float32Array).subarray(i * sizeOf(own), (i + 1) * sizeOf(own));
      return [name, tensorOf(dtype, own, values)];
    });
    return Object.fromEntries(parts);
  });
}
