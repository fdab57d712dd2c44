import { random } from '../base/rng.ts';
import type { Tensor } from '../base/tensor.ts';
import type { Batch } from '../data/batches/batch.ts';
import type { Rate } from '../engine/optimizers/optimizer.ts';
import { isBilinear } from '../engine/parameters/initialize.ts';
import type { Plan } from '../engine/rewrites/plan.ts';
import type { NamedTensors, Runtime } from '../engine/runtimes/session.ts';
import { Learner, type Totals } from '../engine/training/learner.ts';
import { TrainingState } from '../engine/training/state.ts';
import { headsOf } from '../networks/class-heads.ts';
import {
  compileTraining,
  followingParameters,
  type TrainingGraphConfig,
} from '../networks/graphs/training.ts';
import { learnedParameters } from '../networks/learned-parameters.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import { maskShapes, parametersOf } from '../networks/parameters.ts';
import { planOn } from '../networks/plans.ts';
import { optimizerOf, type UpdateConfig } from '../networks/update-rules.ts';
import { drawMasks } from './dropout-masks.ts';
import type { RunConfig } from './run-config.ts';

export type TrainerConfig = UpdateConfig &
  Pick<RunConfig, 'batchSize' | 'accumulate' | 'loss' | 'dropout' | 'seed' | 'threads'> &
  Partial<Pick<RunConfig, 'objective' | 'hardPixels' | 'classWeights' | 'frozen' | 'dropoutOf' | 'plan'>> &
  Pick<TrainingGraphConfig, 'normalization' | 'auxiliary' | 'imageSize'> & {
    /** One for all updates, or a function of the number of updates before. */
    readonly learningRate: Rate;
  };

/** A segmentation network that learns: feeds batches and dropout masks to the graphs that train it. */
export class Trainer {
  readonly state: TrainingState;
  readonly #model: ModelConfig;
  readonly #config: TrainerConfig;
  readonly #learner: Learner;

  private constructor(model: ModelConfig, config: TrainerConfig, learner: Learner) {
    this.#model = model;
    this.#config = config;
    this.#learner = learner;
    this.state = learner.state;
  }

  /**
   * @param weights of every parameter; changed in place by each step, on a graphics processor when they are read
   * @param plan what computes it; default: what the device does best
   */
  static async create(
    runtime: Runtime,
    model: ModelConfig,
    weights: ReadonlyMap<string, Tensor<'float32'>>,
    config: TrainerConfig,
    plan: Plan = planOn(runtime, 'training', config.plan),
  ): Promise<Trainer> {
    const { threads, learningRate } = config;
    const optimizer = optimizerOf(config, learningRate);
    const learned = learnedParameters(parametersOf(model), config.frozen);
    const averages = followingParameters(model, config);
    const graphs = compileTraining(model, {
      ...{ ...config, plan },
      isBilinear: (name) => isBilinear(weights.get(name)!),
    });
    const layout = 'step' in graphs ? { bands: graphs.step.bands } : { accumulates: true };
    const state = new TrainingState({ weights, learned, averages, optimizer, ...layout });
    return new Trainer(model, config, await Learner.create(runtime, graphs, state, { optimizer, threads }));
  }

  /** What the run is for: the averages of the weights where they are kept, else the weights. */
  get result(): Map<string, Tensor<'float32'>> {
    return this.state.result;
  }

  /**
   * One update of the weights from `accumulate` micro-batches.
   * @param update number of updates since the start of the run; decides what changes over a run
   * @returns the loss before the update, summed or averaged over the valid pixels of all micro-batches
   */
  async step(batches: readonly Batch[], update: number): Promise<number> {
    this.#learner.updates = update;
    return this.#learner.step(...batches.map((batch) => this.#inputsOf(batch)));
  }

  /** The first half of a step; see Learner. */
  async accumulate(batches: readonly Batch[]): Promise<Totals> {
    return this.#learner.accumulate(...batches.map((batch) => this.#inputsOf(batch)));
  }

  /** The second half, with what all micro-batches add up to. @returns as `step` */
  async update(totals: Totals, update: number): Promise<number> {
    this.#learner.updates = update;
    return this.#learner.update(totals);
  }

  /** Brings the state to where `state` has it, from the memory of a graphics processor. */
  read(): Promise<void> {
    return this.#learner.read();
  }

  /** Takes over what was written into `state`. */
  write(): Promise<void> {
    return this.#learner.write();
  }

  async release(): Promise<void> {
    await this.#learner.release();
  }

  /** Masks depend on the numbers of the samples, and not on how they are divided into batches. */
  #inputsOf({ image, label, otherLabels = [], first }: Batch): NamedTensors {
    const [, ...others] = headsOf(this.#model);
    const labels = Object.fromEntries(others.map(({ suffix }, i) => [`label${suffix}`, otherLabels[i]!]));
    const { dropout, dropoutOf, seed, batchSize } = this.#config;
    if (dropout === 0) return { image, label, ...labels };
    const [batch, , height, width] = image.shape as [number, number, number, number];
    const shapes = maskShapes(this.#model, batch, height, width);
    const numbers =
      dropoutOf === 'batch' ? [first / batchSize] : Array.from({ length: batch }, (_, i) => first + i);
    const streams = numbers.map((number) => random(seed, 'dropout', number));
    return { image, label, ...labels, ...drawMasks(shapes, dropout, streams) };
  }
}
