import type { BoundTensors } from '../runtimes/session.ts';
import type { TrainingState } from './state.ts';

/** What a graph that trains reads and writes, besides the inputs of the network and the scalars. */
export interface Bindings {
  readonly inputs: BoundTensors;
  readonly outputs: BoundTensors;
}

/**
 * Where the numbers of a training are while its graphs change them: where `TrainingState` has them, on the CPU, or in the memory of
 * a graphics processor, whose numbers the state has only once they are read.
 */
export interface Store {
  /** Of the graph that makes an update at once. */
  readonly step: Bindings;
  /** Of the graph that adds the gradients of a micro-batch to those before. */
  readonly accumulation: Bindings;
  /** Of the graph that makes an update of accumulated gradients. */
  readonly update: Bindings;
  /** After each run that has made an update. */
  updated(): void;
  /** After each micro-batch. */
  accumulated(): void;
  /** Before a minibatch is accumulated. */
  clearGradients(): Promise<void>;
  /** Brings weights and the optimizer's state to where `TrainingState` has them. */
  read(): Promise<void>;
  /** Takes over weights and the optimizer's state as `TrainingState` has them. */
  write(): Promise<void>;
  release(): Promise<void>;
}

/** The memory of `TrainingState` itself: new values are written over the old ones. */
export class HostStore implements Store {
  readonly #state: TrainingState;
  readonly step: Bindings;
  readonly accumulation: Bindings;
  readonly update: Bindings;

  constructor(state: TrainingState) {
    const { changedWeights, inputs, outputs, gradientInputs, gradientOutputs } = state;
    const weights = Object.fromEntries(state.weights);
    this.#state = state;
    this.step = { inputs: { ...weights, ...inputs }, outputs };
    this.accumulation = { inputs: { ...weights, ...gradientInputs }, outputs: gradientOutputs };
    this.update = { inputs: { ...changedWeights, ...inputs, ...gradientInputs }, outputs };
  }

  updated(): void {}

  accumulated(): void {}

  async clearGradients(): Promise<void> {
    this.#state.clearGradients();
  }

  async read(): Promise<void> {}

  async write(): Promise<void> {}

  async release(): Promise<void> {}
}
