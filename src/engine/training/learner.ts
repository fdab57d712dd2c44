import { allocate, type Tensor, tensorOf } from '../../base/tensor.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { type Optimizer, scalarsOf } from '../optimizers/optimizer.ts';
import type { ParameterRule } from '../optimizers/transformation.ts';
import { initializeParameter } from '../parameters/initialize.ts';
import { Construction } from '../parameters/parameter.ts';
import type { Parts } from '../rewrites/parts.ts';
import { graphicsPlan, type Plan, rewriteForward, standardPlan } from '../rewrites/plan.ts';
import type { BoundTensors, NamedTensors, Runtime, Session } from '../runtimes/session.ts';
import { DeviceStore } from './device-store.ts';
import { TrainingState } from './state.ts';
import { type CompiledStep, compileStep, type LearnedParameter } from './step.ts';
import { HostStore, type Store } from './store.ts';

/** The graphs of step.ts that make an update: one, or one for each micro-batch and one that ends a minibatch. */
export type TrainingGraphs =
  | { readonly step: CompiledStep }
  | {
      readonly accumulation: Uint8Array;
      readonly update: Uint8Array;
      /** The output of `accumulation`, a scalar, by whose sum over the minibatch sums are divided; none: they are not. */
      readonly count?: string;
      /** The parameters that both take in parts; see CompiledStep. */
      readonly parts?: Parts;
    };

export interface LearnerOptions {
  readonly optimizer: Optimizer;
  /** Of the first weights; default 0. */
  readonly seed?: number;
  /** Threads that work on one operator; default 1. */
  readonly threads?: number;
  /** Weights to start from, of all parameters, in place of random ones; changed in place by each step. */
  readonly weights?: ReadonlyMap<string, Tensor<'float32'>>;
  /** What computes a step; default: standardPlan, in blocks where the runtime has them, or graphicsPlan where a graphics processor computes. */
  readonly plan?: Plan;
  /** How a parameter differs from the others, by its name; default: biases do not decay. */
  readonly ruleOf?: (name: string) => ParameterRule;
}

/** What micro-batches add up to, besides their gradients. */
export interface Totals {
  readonly loss: number;
  /** What the sums are to be divided by; 0 where they are not. */
  readonly count: number;
}

function usualPlan({ device, hasBlockedLayout: blocked }: Runtime): Plan {
  return device === 'cpu' ? { ...standardPlan, blocked } : graphicsPlan;
}

/**
 * Prepares to train any network with any loss.
 *
 *   const learner = await createLearner(runtime, buildLoss, { optimizer: adamw({ rate: 1e-3 }), seed: 1 });
 *   for (const { image, label } of batches) console.log(await learner.step({ image, label }));
 *
 * @param buildLoss emits the network and its loss: declares inputs by `construction.graph.input`, parameters by
 * `construction.parameter`, applies operators, and returns the loss, a scalar
 * @throws Error when a parameter does not lead to the loss
 */
export async function createLearner(
  runtime: Runtime,
  buildLoss: (construction: Construction) => Value,
  options: LearnerOptions,
): Promise<Learner> {
  const { optimizer, seed = 0, threads = 1, ruleOf = plainRule } = options;
  const { plan = usualPlan(runtime) } = options;
  const construction = new Construction(new Graph());
  const loss = buildLoss(construction);
  const { graph, parameters, averages } = construction;
  const parts = rewriteForward(graph, plan);
  const learned = parameters
    .filter((parameter) => parameter.learned)
    .map((parameter): LearnedParameter => ({ ...parameter, rule: ruleOf(parameter.name) }));
  const weights =
    options.weights ??
    new Map(parameters.map((parameter) => [parameter.name, initializeParameter(parameter, seed)]));
  const step = compileStep({ graph, loss, learned, averages }, optimizer, { plan, parts });
  const state = new TrainingState({ weights, learned, averages, optimizer, bands: step.bands });
  return Learner.create(runtime, { step }, state, { optimizer, threads });
}

function plainRule(name: string): ParameterRule {
  return { decayFactor: name.endsWith('.bias') ? 0 : 1 };
}

/**
 * A network that learns: its state, and the sessions that change it: in place on the CPU; on a graphics processor in its memory,
 * where the numbers stay until they are read.
 *
 * One micro-batch makes an update in one run of the training graph. Several are accumulated: gradients and counts are
 * summed over them, and one more graph updates the weights with what one large batch would have given.
 */
export class Learner {
  readonly state: TrainingState;
  /** Updates that were made. To go on with a training, set it and copy into `state` what was saved of it. */
  updates = 0;
  readonly #optimizer: Optimizer;
  readonly #store: Store;
  readonly #step: Session;
  readonly #update: Session | undefined;
  readonly #count: string | undefined;
  readonly #together = new WeakMap<BoundTensors, Record<string, BoundTensors[string]>>();

  private constructor(
    state: TrainingState,
    optimizer: Optimizer,
    store: Store,
    sessions: { step: Session; update?: Session; count?: string | undefined },
  ) {
    this.state = state;
    this.#store = store;
    this.#optimizer = optimizer;
    this.#step = sessions.step;
    this.#update = sessions.update;
    this.#count = sessions.count;
  }

  /** For graphs that are compiled already; see createLearner. */
  static async create(
    runtime: Runtime,
    graphs: TrainingGraphs,
    state: TrainingState,
    { optimizer, threads = 1 }: Pick<LearnerOptions, 'optimizer' | 'threads'>,
  ): Promise<Learner> {
    const load = (graph: Uint8Array) => runtime.createSession(graph, { threads });
    const { model, parts = new Map() } =
      'step' in graphs ? graphs.step : { model: graphs.accumulation, parts: graphs.parts };
    const step = await load(model);
    const { memory } = step;
    const store = memory ? await DeviceStore.create(runtime, memory, state, parts) : new HostStore(state);
    if ('step' in graphs) return new Learner(state, optimizer, store, { step });
    const update = await load(graphs.update);
    return new Learner(state, optimizer, store, { step, update, count: graphs.count });
  }

  /** The weights by the names of their parameters, where they lie: they change with each step, or when they are read. */
  get parameters(): ReadonlyMap<string, Tensor<'float32'>> {
    return this.state.weights;
  }

  /**
   * One update of the weights.
   * @param microBatches the network's inputs, by name; several where gradients are accumulated
   * @returns the loss before the update
   */
  async step(...microBatches: NamedTensors[]): Promise<number> {
    if (this.#update) return this.update(await this.accumulate(...microBatches));
    if (microBatches.length !== 1) {
      throw new Error(
        `step: got ${microBatches.length} batches, expected one, because this learner does not accumulate`,
      );
    }
    const loss = allocate('float32', []);
    const { inputs, outputs } = this.#store.step;
    await this.#step.run(
      this.#with(inputs, { ...this.#scalars, ...microBatches[0]! }),
      this.#with(outputs, { loss }),
    );
    this.#updated();
    return loss.data[0]!;
  }

  /**
   * The first half of a step that accumulates: on the CPU, the gradients of the micro-batches are in `state.gradients` afterwards.
   * What others have accumulated may be added there and to the totals before `update`.
   */
  async accumulate(...microBatches: NamedTensors[]): Promise<Totals> {
    const totals = { loss: 0, count: 0 };
    await this.#store.clearGradients();
    for (const batch of microBatches) {
      const loss = allocate('float32', []);
      const count = allocate('float32', []);
      const { inputs, outputs } = this.#store.accumulation;
      const totalsOfBatch = { loss, ...(this.#count && { [this.#count]: count }) };
      await this.#step.run(this.#with(inputs, batch), this.#with(outputs, totalsOfBatch));
      this.#store.accumulated();
      totals.loss += loss.data[0]!;
      totals.count += count.data[0]!;
    }
    return totals;
  }

  /** The second half. @returns the loss before the update */
  async update({ loss, count }: Totals): Promise<number> {
    if (!this.#update) throw new Error('update: got a learner that does not accumulate');
    const { inputs, outputs } = this.#store.update;
    // Where nothing counts the sums are 0, and so is their mean.
    const scale = count > 0 ? 1 / count : 1;
    const gradient_scale = scalar(scale);
    await this.#update.run(this.#with(inputs, { ...this.#scalars, gradient_scale }), outputs);
    this.#updated();
    return loss * scale;
  }

  /** Brings weights and the optimizer's state to `state`, where a graphics processor has them. */
  read(): Promise<void> {
    return this.#store.read();
  }

  /** Takes over what was written into `state`, where a graphics processor has weights and the optimizer's state. */
  write(): Promise<void> {
    return this.#store.write();
  }

  async release(): Promise<void> {
    await this.#store.release();
    await this.#update?.release();
    await this.#step.release(); // last: what lies in its memory is freed with it
  }

  /**
   * What is the same at each step with what is not. Copying hundreds of names anew each time takes longer than some of the operators: the
   * copy is made once, and written over.
   */
  #with(always: BoundTensors, now: NamedTensors): BoundTensors {
    const together = this.#together.get(always) ?? { ...always };
    this.#together.set(always, together);
    return Object.assign(together, now);
  }

  #updated(): void {
    this.#store.updated();
    this.updates += 1;
  }

  /** Those of the next update. */
  get #scalars(): NamedTensors {
    const scalars = Object.entries(scalarsOf(this.#optimizer)).map(([name, scheduleOf]) => {
      return [name, scalar(scheduleOf(this.updates))] as const;
    });
    return Object.fromEntries(scalars);
  }
}

function scalar(value: number): Tensor<'float32'> {
  return tensorOf('float32', [1], [value]);
}
