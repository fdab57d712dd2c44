import { random } from '../base/rng.ts';
import { allocate, sizeOf, type Tensor, tensorOf } from '../base/tensor.ts';
import type { Batch } from '../data/batches/batch.ts';
import { averagingRateAt } from '../engine/optimizers/averaging.ts';
import { type Band, type BandedParameter, bandsOf, wholeOf } from '../engine/rewrites/bands.ts';
import type { NamedTensors, Runtime, Session } from '../engine/runtimes/session.ts';
import {
  compileGradientAccumulation,
  compileTrainingStep,
  compileUpdate,
  stateNames,
} from '../networks/graphs/training.ts';
import { learnedParameters } from '../networks/learned-parameters.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import { maskShapes, parametersOf } from '../networks/parameters.ts';
import { drawMasks } from './dropout-masks.ts';
import type { RunConfig } from './run-config.ts';

export type TrainerConfig = Pick<
  RunConfig,
  'batchSize' | 'accumulate' | 'loss' | 'momentum' | 'weightDecay' | 'dropout' | 'seed' | 'threads'
> &
  Partial<Pick<RunConfig, 'classWeights' | 'frozen' | 'headRate' | 'ema'>>;

/**
 * Weights of a network, their momentum and moving average, and the sessions that change them in place.
 *
 * One micro-batch makes an update in one run of the training graph. Several are accumulated: gradients and valid pixels
 * are summed over them, and one more graph updates the weights with what one large batch would have given.
 */
export class Trainer {
  /** By name, flat: zero before the first step. */
  readonly momentum: ReadonlyMap<string, Tensor<'float32'>>;
  /** Of the learned weights, by name, flat: the weights before the first step. Empty where no average is kept. */
  readonly average: ReadonlyMap<string, Tensor<'float32'>>;
  /** What the run is for: the averages of the weights where they are kept, else the weights. */
  readonly result: Map<string, Tensor<'float32'>>;
  readonly #model: ModelConfig;
  readonly #config: TrainerConfig;
  readonly #step: Session;
  readonly #update: Session | undefined;
  /** Inputs and outputs that are the same tensors at every step. */
  readonly #weights: NamedTensors;
  readonly #learnedWeights: NamedTensors;
  readonly #stateInputs: NamedTensors;
  readonly #stateOutputs: NamedTensors;
  readonly #gradients: readonly Tensor<'float32'>[];
  readonly #gradientInputs: NamedTensors;
  readonly #gradientOutputs: NamedTensors;

  private constructor(
    model: ModelConfig,
    weights: ReadonlyMap<string, Tensor<'float32'>>,
    config: TrainerConfig,
    sessions: { step: Session; update: Session | undefined },
  ) {
    this.#model = model;
    this.#config = config;
    this.#step = sessions.step;
    this.#update = sessions.update;

    const learned = learnedOf(model, config).map((parameter) => {
      return { parameter, name: parameter.name, weight: weights.get(parameter.name)! };
    });
    const zerosLike = (weight: Tensor) => allocate('float32', [sizeOf(weight.shape)]);
    this.#weights = Object.fromEntries(weights);
    this.#learnedWeights = Object.fromEntries(learned.map(({ name, weight }) => [name, weight]));
    this.momentum = new Map(learned.map(({ name, weight }) => [name, zerosLike(weight)]));
    const averaged = (config.ema ?? 0) > 0 ? learned : [];
    this.average = new Map(averaged.map(({ name, weight }) => [name, flatCopy(weight)]));
    this.result = new Map(
      [...weights].map(([name, weight]) => [
        name,
        { ...weight, data: (this.average.get(name) ?? weight).data },
      ]),
    );
    // The graph that accumulates gradients leaves the update to one that takes every parameter whole.
    const partsOf = sessions.update ? (parameter: BandedParameter) => [wholeOf(parameter)] : bandsOf;
    const bands = learned.flatMap(({ parameter, weight }) =>
      partsOf(parameter).map((band) => ({ parameter, weight, band })),
    );
    const state = bands.flatMap(({ parameter, band }) => {
      const [momentum, average] = [this.momentum, this.average].map((kind) => kind.get(parameter.name));
      return [
        [stateNames.momentum(band.name), flatView(momentum!, band)] as const,
        ...(average ? [[stateNames.average(band.name), flatView(average, band)] as const] : []),
      ];
    });
    const bandWeights = bands.filter(({ parameter, band }) => band.name !== parameter.name);
    this.#stateInputs = Object.fromEntries([
      ...state,
      ...bandWeights.map(({ weight, band }) => [band.name, { ...flatView(weight, band), shape: band.shape }]),
    ]);
    // The new weights, momenta and averages go where the old ones are.
    const flatWeights = bands.map(({ weight, band }) => [band.name, flatView(weight, band)] as const);
    this.#stateOutputs = namedNext([...flatWeights, ...state]);

    const gradients = sessions.update
      ? learned.map(({ name, weight }) => [stateNames.gradient(name), zerosLike(weight)] as const)
      : [];
    this.#gradients = gradients.map(([, tensor]) => tensor);
    this.#gradientInputs = Object.fromEntries(gradients);
    this.#gradientOutputs = namedNext(gradients);
  }

  /** @param weights of every parameter; changed in place by each step. */
  static async create(
    runtime: Runtime,
    model: ModelConfig,
    weights: ReadonlyMap<string, Tensor<'float32'>>,
    config: TrainerConfig,
  ): Promise<Trainer> {
    const { threads, accumulate } = config;
    const load = (graph: Uint8Array) => runtime.createSession(graph, { threads });
    if (accumulate === 1) {
      const step = await load(compileTrainingStep(model, config));
      return new Trainer(model, weights, config, { step, update: undefined });
    }
    const step = await load(compileGradientAccumulation(model, config));
    const update = await load(compileUpdate(learnedOf(model, config), config));
    return new Trainer(model, weights, config, { step, update });
  }

  /**
   * One update of the weights from `accumulate` micro-batches.
   * @param index number of the first micro-batch since the start of the run; decides the dropout masks, and how fast an
   * average follows
   * @returns the loss before the update, summed or averaged over the valid pixels of all micro-batches
   */
  async step(batches: readonly Batch[], index: number, learningRate: number): Promise<number> {
    const { accumulate, ema = 0 } = this.#config;
    const scalar = (value: number) => tensorOf('float32', [1], [value]);
    const rates: NamedTensors = {
      learning_rate: scalar(learningRate),
      ...(ema > 0 && { averaging_rate: scalar(averagingRateAt(ema, index / accumulate)) }),
    };
    return this.#update
      ? this.#accumulatedStep(this.#update, batches, index, rates)
      : this.#fusedStep(batches[0]!, index, rates);
  }

  async release(): Promise<void> {
    await this.#step.release();
    await this.#update?.release();
  }

  async #fusedStep(batch: Batch, index: number, rates: NamedTensors): Promise<number> {
    const loss = allocate('float32', []);
    const inputs = {
      ...this.#weights,
      ...this.#stateInputs,
      ...this.#batchInputs(batch, index),
      ...rates,
    };
    await this.#step.run(inputs, { loss, ...this.#stateOutputs });
    return loss.data[0]!;
  }

  async #accumulatedStep(update: Session, batches: readonly Batch[], index: number, rates: NamedTensors) {
    const { loss: normalization } = this.#config;
    let totalLoss = 0;
    let totalPixels = 0;
    for (const gradient of this.#gradients) gradient.data.fill(0);
    for (const [i, batch] of batches.entries()) {
      const loss = allocate('float32', []);
      const valid_pixels = allocate('float32', []);
      const inputs = { ...this.#weights, ...this.#gradientInputs, ...this.#batchInputs(batch, index + i) };
      await this.#step.run(inputs, { loss, valid_pixels, ...this.#gradientOutputs });
      totalLoss += loss.data[0]!;
      totalPixels += valid_pixels.data[0]!;
    }
    // Without a valid pixel the sums are 0, and so is their mean.
    const scale = normalization === 'mean' && totalPixels > 0 ? 1 / totalPixels : 1;
    const gradient_scale = tensorOf('float32', [1], [scale]);
    const state = { ...this.#learnedWeights, ...this.#stateInputs, ...this.#gradientInputs };
    await update.run({ ...state, ...rates, gradient_scale }, this.#stateOutputs);
    return totalLoss * scale;
  }

  #batchInputs({ image, label }: Batch, index: number): NamedTensors {
    const { dropout, seed } = this.#config;
    if (dropout === 0) return { image, label };
    const [batch, , height, width] = image.shape as [number, number, number, number];
    const shapes = maskShapes(this.#model, batch, height, width);
    return { image, label, ...drawMasks(shapes, dropout, random(seed, 'dropout', index)) };
  }
}

function learnedOf(model: ModelConfig, { frozen }: Pick<TrainerConfig, 'frozen'>) {
  return learnedParameters(parametersOf(model), frozen);
}

/** The elements of a band of a parameter, as a vector in the same memory. */
function flatView({ dtype, data }: Tensor<'float32'>, { rows, shape }: Band): Tensor<'float32'> {
  const rowSize = sizeOf(shape.slice(1));
  const view = data.subarray(rows.start * rowSize, rows.end * rowSize);
  return { dtype, shape: [view.length], data: view };
}

function flatCopy({ shape, data }: Tensor<'float32'>): Tensor<'float32'> {
  return tensorOf('float32', [sizeOf(shape)], data);
}

function namedNext(state: readonly (readonly [string, Tensor])[]): NamedTensors {
  return Object.fromEntries(state.map(([name, tensor]) => [stateNames.next(name), tensor]));
}
