import { describe, expect, it } from 'vitest';
import { allocate, type Tensor, tensorOf } from '../../../src/base/tensor.ts';
import { scale } from '../../../src/engine/operators/arithmetic.ts';
import { adamw } from '../../../src/engine/optimizers/adamw.ts';
import { clipByGlobalNorm } from '../../../src/engine/optimizers/clip.ts';
import { decay } from '../../../src/engine/optimizers/decay.ts';
import { momentum } from '../../../src/engine/optimizers/momentum.ts';
import { carriedLink, chain } from '../../../src/engine/optimizers/optimizer.ts';
import { sgd } from '../../../src/engine/optimizers/sgd.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import { createLearner } from '../../../src/engine/training/learner.ts';
import { createProgram } from '../../../src/engine/training/program.ts';
import { batchAt, buildLoss, buildScores } from '../optimizers/two-layers.ts';

const lossOf = (construction: Parameters<typeof buildLoss>[0]) => buildLoss(construction).loss;
const optimizer = adamw({ rate: 0.05 });

/** The share of pixels that have the class of their label, among those that have one. */
function accuracy(scores: Float32Array, label: Uint8Array): number {
  let [right, valid] = [0, 0];
  const pixels = label.length / 2;
  for (const [i, truth] of label.entries()) {
    if (truth === 255) continue;
    const image = Math.floor(i / pixels);
    const of = [0, 1, 2].map((c) => scores[(3 * image + c) * pixels + (i % pixels)]!);
    valid += 1;
    right += Number(of.indexOf(Math.max(...of)) === truth);
  }
  return right / valid;
}

describe('a learner', () => {
  it('trains any network; a program shows what it has learned, from the same weights', async () => {
    const learner = await createLearner(nativeRuntime, lossOf, { optimizer, seed: 1 });
    const program = await createProgram(
      nativeRuntime,
      (construction) => ({ scores: buildScores(construction, 2) }),
      { weights: learner.parameters },
    );
    const { image, label } = batchAt(0);
    const accuracyNow = async () => {
      const scores = allocate('float32', [2, 3, 6, 7]);
      const results = await program.run({ image: image! }, { scores });
      expect(results.scores).toBe(scores);
      return accuracy(scores.data, label!.data as Uint8Array);
    };
    const before = await accuracyNow();
    const losses = [];
    for (let step = 0; step < 100; step++) losses.push(await learner.step(batchAt(step)));
    expect(learner.updates).toBe(100);
    const after = await accuracyNow();
    await Promise.all([learner.release(), program.release()]);
    expect(losses.at(-1)!).toBeLessThan(0.5 * losses[0]!);
    expect(after).toBeGreaterThan(Math.max(0.85, before + 0.2));
  });

  it('goes on bit for bit from what was saved of it', async () => {
    const start = () => createLearner(nativeRuntime, lossOf, { optimizer, seed: 3 });
    const [whole, first, second] = await Promise.all([start(), start(), start()]);
    for (let step = 0; step < 6; step++) await whole.step(batchAt(step));
    for (let step = 0; step < 3; step++) await first.step(batchAt(step));
    for (const [name, { data }] of first.parameters) second.parameters.get(name)!.data.set(data);
    for (const [kind, tensors] of first.state.kinds) {
      for (const [name, { data }] of tensors) second.state.kinds.get(kind)!.get(name)!.data.set(data);
    }
    second.updates = first.updates;
    for (let step = 3; step < 6; step++) await second.step(batchAt(step));
    expect([...second.state.kinds.keys()]).toEqual(['first_moment', 'second_moment']);
    expect(second.parameters).toEqual(whole.parameters);
    expect(second.state.kinds).toEqual(whole.state.kinds);
    await Promise.all([whole, first, second].map((learner) => learner.release()));
  });

  it('takes one batch where nothing is accumulated, and refuses a parameter that leads nowhere', async () => {
    const learner = await createLearner(nativeRuntime, lossOf, { optimizer });
    await expect(learner.step(batchAt(0), batchAt(1))).rejects.toThrow('got 2 batches, expected one');
    await learner.release();
    const unused = createLearner(
      nativeRuntime,
      (construction) => {
        construction.parameter('unused.weight', [2], 'zero');
        return lossOf(construction);
      },
      { optimizer },
    );
    await expect(unused).rejects.toThrow('unused.weight learns nothing: the loss does not depend on it');
  });
});

describe('a program', () => {
  it('makes room for results as large as an input, and says what it needs', async () => {
    const program = await createProgram(
      nativeRuntime,
      ({ graph }) => ({ twice: scale(graph, graph.input('x', 'float32', [1, 'length']), 2) }),
      { weights: new Map() },
    );
    const { twice } = await program.run({ x: tensorOf('float32', [1, 3], [1, 2, 3]) });
    expect([...(twice!.data as Float32Array)]).toEqual([2, 4, 6]);
    await expect(program.run({})).rejects.toThrow('x: got nothing, expected a tensor');
    await program.release();

    const building = (weights: Map<string, Tensor<'float32'>>) =>
      createProgram(nativeRuntime, (construction) => ({ scores: buildScores(construction, 1) }), { weights });
    await expect(building(new Map())).rejects.toThrow('weights: got none for conv1.weight');
  });
});

describe('a chain', () => {
  it('carries momentum where all before it only adds', () => {
    const carry = (optimizer: ReturnType<typeof chain>) => carriedLink(optimizer)?.carry;
    const rate = 0.1;
    expect(carry(sgd({ rate, momentum: 0.9, weightDecay: 0.1 }))).toEqual({ kind: 'momentum', factor: 0.9 });
    expect(carry(sgd({ rate, momentum: 0.9, nesterov: true }))).toBeUndefined();
    expect(carry(sgd({ rate, momentum: 0.9, clip: 1 }))).toBeUndefined();
    expect(carry(adamw({ rate }))).toBeUndefined();
  });

  it('refuses what it cannot emit', () => {
    expect(() => chain({ rate: 1 }, decay(0.1), clipByGlobalNorm(1))).toThrow('must be the first');
    expect(() => chain({ rate: 1 }, momentum(0.9), momentum(0.5))).toThrow('state of the same kind');
  });
});
