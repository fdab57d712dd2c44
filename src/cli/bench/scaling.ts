import { sumTogether } from '../../base/mpi/agreement.ts';
import type { Communicator } from '../../base/mpi/communicator.ts';
import { random } from '../../base/rng.ts';
import { allocate } from '../../base/tensor.ts';
import type { Batch } from '../../data/batches/batch.ts';
import { nativeRuntime } from '../../engine/runtimes/native/native-runtime.ts';
import type { Size } from '../../inference/predict/segmenter.ts';
import type { ModelName } from '../../networks/model-names.ts';
import { Trainer } from '../../training/trainer.ts';
import { randomModel } from './random-model.ts';
import { median } from './statistics.ts';

export interface ScalingOptions {
  readonly model: ModelName;
  readonly width: number;
  readonly size: Size;
  readonly threads: number;
  readonly rounds: number;
}

/** Seconds, medians over the rounds. */
export interface Scaling {
  /** Of the gradients that are summed. */
  readonly bytes: number;
  /** A step of one batch, and one of as many batches as there are ranks, on rank 0 while the others rest. */
  readonly alone: {
    readonly step: number;
    readonly gradients: number;
    readonly update: number;
    readonly large: number;
  };
  /** A step of one batch on each rank, and its parts on rank 0: `waiting` is for slower ranks. */
  readonly together: {
    readonly step: number;
    readonly gradients: number;
    readonly waiting: number;
    readonly summing: number;
  };
  /** Standard deviation of the time of gradients, as a share of it. */
  readonly jitter: number;
  /** A sum of a few bytes. */
  readonly latency: number;
}

const clock = () => performance.now() / 1000;

/** Measures steps on one rank and on all of them, in turn. Called by all; the result is that of rank 0. */
export async function measureScaling(world: Communicator, options: ScalingOptions): Promise<Scaling> {
  const { model, width, size, threads, rounds } = options;
  const { config, weights } = randomModel(model, width, 21);
  const recipe = { batchSize: 1, accumulate: 2, momentum: 0.99, weightDecay: 5e-4, dropout: 0.5 } as const;
  const trainer = await Trainer.create(nativeRuntime, config, weights, {
    ...recipe,
    ...{ loss: 'mean', learningRate: 1e-8, seed: 0, threads, dropoutOf: 'sample' },
  });
  const batch = batchOf(size, config.numClasses, world.rank);
  const { gradients } = trainer.state;
  let updates = 0;
  const step = async (batches: number, others?: Communicator) => {
    const started = clock();
    const totals = await trainer.accumulate(Array(batches).fill(batch));
    const computed = clock();
    if (others) await sumTogether(others, async () => [undefined, [totals.loss, totals.count]], 2);
    const met = clock();
    if (others) await others.sum(gradients);
    const summed = clock();
    await trainer.update(totals, updates++);
    const ended = clock();
    return {
      ...{ step: ended - started, gradients: computed - started, waiting: met - computed },
      ...{ summing: summed - met, update: ended - summed },
    };
  };
  const alone = async (batches: number) => {
    const taken = world.rank === 0 ? await step(batches) : undefined;
    await world.broadcastPatiently(new Uint8Array(new ArrayBuffer(8)));
    return taken;
  };
  const few = new Float32Array(new ArrayBuffer(256));
  const measured = { one: [] as Step[], large: [] as Step[], all: [] as Step[], latency: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    const one = await alone(1);
    const large = await alone(world.size);
    const all = await step(1, world);
    await world.barrier();
    const began = clock();
    for (let i = 0; i < 20; i++) await world.sum(few);
    const latency = (clock() - began) / 20;
    if (round === 0) continue; // the first touches all memory
    if (one && large) {
      measured.one.push(one);
      measured.large.push(large);
    }
    measured.all.push(all);
    measured.latency.push(latency);
  }
  await trainer.release();
  const of = (steps: Step[], name: keyof Step) =>
    steps.length > 0 ? median(steps.map((each) => each[name])) : 0;
  const { one, large, all } = measured;
  return {
    bytes: gradients.byteLength,
    alone: {
      ...{ step: of(one, 'step'), gradients: of(one, 'gradients'), update: of(one, 'update') },
      large: of(large, 'step'),
    },
    together: {
      ...{ step: of(all, 'step'), gradients: of(all, 'gradients') },
      ...{ waiting: of(all, 'waiting'), summing: of(all, 'summing') },
    },
    jitter: relativeDeviation(all.map((each) => each.gradients)),
    latency: median(measured.latency),
  };
}

interface Step {
  readonly step: number;
  readonly gradients: number;
  readonly waiting: number;
  readonly summing: number;
  readonly update: number;
}

function batchOf({ height, width }: Size, numClasses: number, seed: number): Batch {
  const stream = random(seed, 'batch');
  const image = allocate('float32', [1, 3, height, width]);
  const label = allocate('uint8', [1, height, width]);
  for (let i = 0; i < image.data.length; i++) image.data[i] = stream.uniform(-1, 1);
  for (let i = 0; i < label.data.length; i++) label.data[i] = stream.integer(numClasses);
  return { image, label, ids: ['bench'], first: seed };
}

function relativeDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(variance) / mean;
}
