import { allocate, sizeOf, type Tensor, tensorOf } from '../../base/tensor.ts';
import { averageKind, kindsOf, type Optimizer } from '../optimizers/optimizer.ts';
import type { Parameter } from '../parameters/parameter.ts';
import { type Band, wholeOf } from '../rewrites/bands.ts';
import type { NamedTensors } from '../runtimes/session.ts';
import { stateNames } from './names.ts';
import { rowOf } from './row.ts';

type Weights = ReadonlyMap<string, Tensor<'float32'>>;

export interface StateOptions {
  /** Of every parameter of the network, by name; changed in place by each step. */
  readonly weights: Weights;
  readonly learned: readonly Pick<Parameter, 'name' | 'shape'>[];
  readonly optimizer: Optimizer;
  /** Parameters that are not learned but follow what batches give; default: none. */
  readonly averages?: readonly Pick<Parameter, 'name' | 'shape'>[];
  /** Whether gradients are added up over several micro-batches before an update; default: no. */
  readonly accumulates?: boolean;
  /** Of the compiled step, which takes and updates bands of these parameters; default: of none. */
  readonly bands?: ReadonlyMap<string, readonly Band[]>;
}

/**
 * The numbers that a training changes: weights, the optimizer's state, moving averages, accumulated gradients; and the
 * same memory under the names that the training graphs (step.ts) have for it. New values are written over the old.
 */
export class TrainingState {
  readonly weights: Weights;
  /**
   * By kind (`momentum`, `average`, ...), then by the name of the learned parameter, flat. Zero before the first step;
   * averages are as the weights are.
   */
  readonly kinds: ReadonlyMap<string, Weights>;
  /** What a training is for: the averages of the weights where they are kept, else the weights. */
  readonly result: Map<string, Tensor<'float32'>>;
  /** Those of `weights` that learn or follow, which is what the graph of an update takes. */
  readonly changedWeights: NamedTensors;
  /** What a run that updates reads and writes, besides `weights`: state, and bands of weights. */
  readonly inputs: NamedTensors;
  readonly outputs: NamedTensors;
  /** The sums of gradients as inputs and outputs; empty where nothing is accumulated. */
  readonly gradientInputs: NamedTensors;
  readonly gradientOutputs: NamedTensors;
  /** The memory of all of these sums in a row, for those who add what other processes have; empty where there are none. */
  readonly gradients: Float32Array;

  constructor(options: StateOptions) {
    const { weights, learned, optimizer, averages = [], accumulates = false, bands: inBands } = options;
    this.weights = weights;
    const own = learned.map((parameter) => {
      return { parameter, name: parameter.name, weight: weights.get(parameter.name)! };
    });
    const following = averages.map(({ name }) => [name, weights.get(name)!] as const);
    const learning = own.map(({ name, weight }) => [name, weight] as const);
    this.changedWeights = Object.fromEntries([...learning, ...following]);
    this.kinds = new Map(
      kindsOf(optimizer).map((kind) => {
        const startOf = kind === averageKind ? flatCopy : flatZeros;
        return [kind, new Map(own.map(({ name, weight }) => [name, startOf(weight)]))];
      }),
    );
    const averaged = this.kinds.get(averageKind);
    this.result = new Map(
      [...weights].map(([name, weight]) => [name, { ...weight, data: (averaged?.get(name) ?? weight).data }]),
    );
    const bands = own.flatMap(({ parameter, weight }) =>
      (inBands?.get(parameter.name) ?? [wholeOf(parameter)]).map((band) => ({ parameter, weight, band })),
    );
    const state = bands.flatMap(({ parameter, band }) =>
      [...this.kinds].map(([kind, tensors]) => {
        return [stateNames.of(kind, band.name), rowView(tensors.get(parameter.name)!, band)] as const;
      }),
    );
    const weightsOfBands = bands
      .filter(({ parameter, band }) => band.name !== parameter.name)
      .map(({ weight, band }) => [band.name, { ...rowView(weight, band), shape: band.shape }] as const);
    this.inputs = Object.fromEntries([...state, ...weightsOfBands]);
    const rowsOfWeights = bands.map(({ weight, band }) => [band.name, rowView(weight, band)] as const);
    const rowsOfAverages = following.map(
      ([name, weight]) => [name, rowView(weight, wholeOf({ name, shape: weight.shape }))] as const,
    );
    this.outputs = namedNext([...rowsOfWeights, ...rowsOfAverages, ...state]);

    const accumulated = accumulates ? [...learned, ...averages] : [];
    const { whole, parts } = inARow(accumulated.map(({ shape }) => sizeOf(shape)));
    const gradients = accumulated.map(({ name }, i) => [stateNames.gradient(name), parts[i]!] as const);
    this.gradients = whole;
    this.gradientInputs = Object.fromEntries(gradients);
    this.gradientOutputs = namedNext(gradients);
  }

  /** Before a minibatch is accumulated. */
  clearGradients(): void {
    this.gradients.fill(0);
  }
}

/** The elements of a band of a parameter, as a row in the same memory. */
export function rowView({ dtype, data }: Tensor<'float32'>, { rows, shape }: Band): Tensor<'float32'> {
  const rowSize = sizeOf(shape.slice(1));
  const view = data.subarray(rows.start * rowSize, rows.end * rowSize);
  return { dtype, shape: rowOf(view.length), data: view };
}

/** Elements of a cache line: where vectors begin that are computed with. */
const alignment = 16;

/** Zero rows of some lengths in one memory. */
function inARow(lengths: readonly number[]): { whole: Float32Array; parts: Tensor<'float32'>[] } {
  let end = 0;
  const starts = lengths.map((length) => {
    const start = end;
    end += alignment * Math.ceil(length / alignment);
    return start;
  });
  const whole = allocate('float32', [end]).data;
  const parts = lengths.map((length, i): Tensor<'float32'> => {
    return { dtype: 'float32', shape: rowOf(length), data: whole.subarray(starts[i]!, starts[i]! + length) };
  });
  return { whole, parts };
}

function flatZeros({ shape }: Tensor<'float32'>): Tensor<'float32'> {
  return allocate('float32', [sizeOf(shape)]);
}

function flatCopy({ shape, data }: Tensor<'float32'>): Tensor<'float32'> {
  return tensorOf('float32', [sizeOf(shape)], data);
}

function namedNext(state: readonly (readonly [string, Tensor])[]): NamedTensors {
  return Object.fromEntries(state.map(([name, tensor]) => [stateNames.next(name), tensor]));
}
