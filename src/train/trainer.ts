import {
  compileGradientAccumulation,
  compileTrainingStep,
  compileUpdate,
  stateNames,
} from '../compile/training.ts';
import type { ModelConfig } from '../config/model-config.ts';
import type { Batch } from '../data/batch.ts';
import { maskShapes, parametersOf } from '../models/parameters.ts';
import { random } from '../rng.ts';
import type { NamedTensors, Runtime, Session } from '../runtime/session.ts';
import { allocate, sizeOf, type Tensor, tensorOf } from '../tensor.ts';
import { drawMasks } from './dropout-masks.ts';
import type { RunConfig } from './run-config.ts';

export type TrainerConfig = Pick<
  RunConfig,
  'batchSize' | 'accumulate' | 'loss' | 'momentum' | 'weightDecay' | 'dropout' | 'seed' | 'threads'
>;

/**
 * Weights and momentum of a network and the sessions that change them in place.
 *
 * One micro-batch makes an update in one run of the training graph. Several are accumulated: gradients and valid pixels
 * are summed over them, and one more graph updates the weights with what one large batch would have given.
 */
export class Trainer {
  /** By name, flat: zero before the first step. */
  readonly momentum: ReadonlyMap<string, Tensor<'float32'>>;
  readonly #model: ModelConfig;
  readonly #config: TrainerConfig;
  readonly #step: Session;
  readonly #update: Session | undefined;
  /** Inputs and outputs that are the same tensors at every step. */
  readonly #weights: NamedTensors;
  readonly #learnedWeights: NamedTensors;
  readonly #momentumInputs: NamedTensors;
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

    const learned = learnedParameters(model).map(({ name }) => ({ name, weight: weights.get(name)! }));
    const zerosLike = (weight: Tensor) => allocate('float32', [sizeOf(weight.shape)]);
    this.#weights = Object.fromEntries(weights);
    this.#learnedWeights = Object.fromEntries(learned.map(({ name, weight }) => [name, weight]));
    this.momentum = new Map(learned.map(({ name, weight }) => [name, zerosLike(weight)]));
    const momenta = [...this.momentum].map(([name, tensor]) => [stateNames.momentum(name), tensor] as const);
    this.#momentumInputs = Object.fromEntries(momenta);
    // The new weights and momenta go where the old ones are.
    const flatWeights = learned.map(
      ({ name, weight }) => [name, { ...weight, shape: [sizeOf(weight.shape)] }] as const,
    );
    this.#stateOutputs = namedNext([...flatWeights, ...momenta]);

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
    const update = await load(compileUpdate(learnedParameters(model), config));
    return new Trainer(model, weights, config, { step, update });
  }

  /**
   * One update of the weights from `accumulate` micro-batches.
   * @param index number of the first micro-batch since the start of the run; decides the dropout masks
   * @returns the loss before the update, summed or averaged over the valid pixels of all micro-batches
   */
  async step(batches: readonly Batch[], index: number, learningRate: number): Promise<number> {
    const learning_rate = tensorOf('float32', [1], [learningRate]);
    return this.#update
      ? this.#accumulatedStep(this.#update, batches, index, learning_rate)
      : this.#fusedStep(batches[0]!, index, learning_rate);
  }

  async release(): Promise<void> {
    await this.#step.release();
    await this.#update?.release();
  }

  async #fusedStep(batch: Batch, index: number, learning_rate: Tensor): Promise<number> {
    const loss = allocate('float32', []);
    const inputs = {
      ...this.#weights,
      ...this.#momentumInputs,
      ...this.#batchInputs(batch, index),
      learning_rate,
    };
    await this.#step.run(inputs, { loss, ...this.#stateOutputs });
    return loss.data[0]!;
  }

  async #accumulatedStep(update: Session, batches: readonly Batch[], index: number, learning_rate: Tensor) {
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
    const scale = normalization === 'mean' ? 1 / Math.max(1, totalPixels) : 1;
    const gradient_scale = tensorOf('float32', [1], [scale]);
    const state = { ...this.#learnedWeights, ...this.#momentumInputs, ...this.#gradientInputs };
    await update.run({ ...state, learning_rate, gradient_scale }, this.#stateOutputs);
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

function learnedParameters(model: ModelConfig) {
  return parametersOf(model).filter(({ learned }) => learned);
}

function namedNext(state: readonly (readonly [string, Tensor])[]): NamedTensors {
  return Object.fromEntries(state.map(([name, tensor]) => [stateNames.next(name), tensor]));
}
