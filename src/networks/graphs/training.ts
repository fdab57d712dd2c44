import { sizeOf } from '../../base/tensor.ts';
import { backward } from '../../engine/differentiation/backward.ts';
import { encodeModel } from '../../engine/graph/encode.ts';
import { type Edge, fixed, Graph, type Value } from '../../engine/graph/graph.ts';
import type { Carry } from '../../engine/graph/tape.ts';
import { type LossNormalization, softmaxLoss } from '../../engine/operators/softmax-loss.ts';
import { averagingStep } from '../../engine/optimizers/averaging.ts';
import { type SgdConfig, sgdStep } from '../../engine/optimizers/sgd.ts';
import type { Parameter } from '../../engine/parameters/parameter.ts';
import { bandsOf } from '../../engine/rewrites/bands.ts';
import { afterReaders } from '../../engine/rewrites/ordering.ts';
import { rewriteFinished, rewriteForward } from '../../engine/rewrites/plan.ts';
import { learnedParameters } from '../learned-parameters.ts';
import { type Architecture, buildNetwork } from '../network.ts';
import { defaultPlan } from '../plans.ts';

/** How weights are updated. */
export interface UpdateConfig extends SgdConfig {
  /** Decay of the moving average of the weights; 0, the default: none is kept. */
  readonly ema?: number;
}

export interface TrainingGraphConfig extends UpdateConfig {
  readonly batchSize: number;
  readonly loss: LossNormalization;
  /** Rate of the backbone's dropout layers; 0 needs no masks. */
  readonly dropout: number;
  /** What a pixel of each class counts in the loss; default: all the same. */
  readonly classWeights?: readonly number[] | null;
  /** Layers that do not learn: no gradient is computed for them. See learnedParameters. */
  readonly frozen?: readonly string[];
}

/** The names under which a parameter's state goes in and comes out of the graphs below. */
export const stateNames = {
  momentum: (name: string) => `${name}.momentum`,
  average: (name: string) => `${name}.average`,
  gradient: (name: string) => `${name}.gradient`,
  next: (name: string) => `${name}.next`,
};

/**
 * A whole training step as one graph. In go `image` float32 [N, 3, height, width], `label` uint8 [N, height, width],
 * `learning_rate` float32 [1], the dropout masks, every parameter and the momentum of every learned one; out come
 * `loss` and, as NAME.next, the new parameters and momenta. These may be written over the old ones: the graph orders
 * every write after the last read. Momenta, and all results but the loss, are flat vectors.
 *
 * A large parameter is updated in bands (bands.ts): the momentum, the average and all results of each go in and come out
 * under its own name, and the band of the parameter itself goes in once more.
 *
 * Where a moving average of the weights is kept, `averaging_rate` float32 [1] and the average of every learned parameter
 * go in as well, and the new averages come out.
 */
export function compileTrainingStep(architecture: Architecture, config: TrainingGraphConfig): Uint8Array {
  const { graph, loss, learned } = buildLoss(architecture, config, config.loss);
  const learningRate = graph.input('learning_rate', 'float32', [1]);
  const parts = learned.flatMap((parameter) => inBands(graph, parameter));
  const momenta = stateInputs(graph, parts, stateNames.momentum);
  const carries = new Map<Value, Carry>(
    parts.map(({ value }, i) => [value, { edge: momenta[i]!, factor: config.momentum }]),
  );
  const carried = gradientsOf(graph, loss, parts, carries);
  rewriteFinished(graph, defaultPlan);
  const averages = averageInputs(graph, parts, config);
  const rates = new Map(learned.map(({ value }) => [value, afterReaders(graph, learningRate, value)]));
  parts.forEach(({ name, value, whole }, i) => {
    const parameter = { name, value, carried: carried[i]!, average: averages?.[i] };
    emitUpdate(graph, parameter, rates.get(whole)!, config);
  });
  return encodeModel(graph, `${architecture.model} training step`);
}

/** What is updated at once: a parameter, or each of its bands (bands.ts), which are inputs of their own. */
function inBands(graph: Graph, parameter: Parameter): (LearnedPart & { readonly whole: Value })[] {
  const whole = parameter.value;
  const bands = bandsOf(parameter);
  if (bands.length === 1) return [{ ...parameter, whole }];
  const parts = bands.map(({ name, rows, shape }) => {
    return { name, rows, shape, value: graph.input(name, 'float32', shape), whole };
  });
  graph.splitRows(
    whole,
    parts.map(({ value, rows }) => [value, rows]),
  );
  return parts;
}

type LearnedPart = Pick<Parameter, 'name' | 'shape' | 'value'>;

/**
 * One micro-batch of an accumulated minibatch: as the training step, but instead of an update the gradients of the
 * summed loss are added to `NAME.gradient`; `loss` is the sum and `valid_pixels` what it was summed over (with class
 * weights, the sum of those of the pixels). Adding sums and dividing once by all valid pixels gives what one large batch
 * gives.
 */
export function compileGradientAccumulation(
  architecture: Architecture,
  config: TrainingGraphConfig,
): Uint8Array {
  const { graph, loss, validPixels, learned } = buildLoss(architecture, config, 'sum');
  graph.output('valid_pixels', validPixels, 'float32', []);
  const accumulated = stateInputs(graph, learned, stateNames.gradient);
  const carries = new Map<Value, Carry>(
    learned.map(({ value }, i) => [value, { edge: accumulated[i]!, factor: 1 }]),
  );
  const sums = gradientsOf(graph, loss, learned, carries);
  rewriteFinished(graph, defaultPlan);
  learned.forEach(({ name, shape }, i) => {
    outputFlat(graph, stateNames.gradient(name), graph.reshape(sums[i]!, [-1]), shape);
  });
  return encodeModel(graph, `${architecture.model} gradient accumulation`);
}

/** The update that ends an accumulated minibatch: gradients times `gradient_scale` float32 [1] are the step's. */
export function compileUpdate(
  parameters: readonly Pick<Parameter, 'name' | 'shape'>[],
  config: UpdateConfig,
): Uint8Array {
  const graph = new Graph();
  const learningRate = graph.input('learning_rate', 'float32', [1]);
  const gradientScale = graph.input('gradient_scale', 'float32', [1]);
  const gradients = stateInputs(graph, parameters, stateNames.gradient);
  const momenta = stateInputs(graph, parameters, stateNames.momentum);
  const averages = averageInputs(graph, parameters, config);
  parameters.forEach(({ name, shape }, i) => {
    const value = graph.input(name, 'float32', shape);
    const gradient = graph.emit('Mul', [gradients[i]!, gradientScale]);
    const kept = graph.emit('Mul', [momenta[i]!, graph.float32([config.momentum])]);
    const carried = graph.emit('Add', [kept, gradient]);
    emitUpdate(graph, { name, value, carried, average: averages?.[i] }, learningRate, config);
  });
  return encodeModel(graph, 'update');
}

function buildLoss(
  architecture: Architecture,
  config: TrainingGraphConfig,
  normalization: LossNormalization,
) {
  const { batchSize, dropout, classWeights, frozen } = config;
  const graph = new Graph();
  const image = graph.input('image', 'float32', [batchSize, 3, 'height', 'width']);
  const label = graph.input('label', 'uint8', [batchSize, 'height', 'width']);
  const { scores, parameters } = buildNetwork(graph, architecture, image, { dropoutRate: dropout });
  rewriteForward(graph, defaultPlan);
  const { loss, validPixels } = softmaxLoss(graph, scores, label, normalization, classWeights ?? undefined);
  graph.output('loss', loss, 'float32', []);
  return { graph, loss, validPixels, learned: learnedParameters(parameters, frozen) };
}

function gradientsOf(
  graph: Graph,
  loss: Value,
  learned: readonly LearnedPart[],
  carries: Map<Value, Carry>,
): Edge[] {
  const values = learned.map(({ value }) => value);
  const gradients = backward(graph, loss, values, carries);
  return values.map((value) => gradients.get(value)!);
}

function stateInputs(
  graph: Graph,
  parameters: readonly Pick<Parameter, 'name' | 'shape'>[],
  nameOf: (name: string) => string,
) {
  return parameters.map(({ name, shape }) => graph.input(nameOf(name), 'float32', [sizeOf(shape)]));
}

/** The averages of the weights with the rate at which they follow; undefined where none are kept. */
function averageInputs(
  graph: Graph,
  parameters: readonly Pick<Parameter, 'name' | 'shape'>[],
  { ema = 0 }: UpdateConfig,
): { average: Edge; rate: Edge }[] | undefined {
  if (ema === 0) return undefined;
  const rate = graph.input('averaging_rate', 'float32', [1]);
  return stateInputs(graph, parameters, stateNames.average).map((average) => ({ average, rate }));
}

function emitUpdate(
  graph: Graph,
  parameter: {
    name: string;
    value: Value;
    carried: Edge;
    average: { average: Edge; rate: Edge } | undefined;
  },
  learningRate: Edge,
  config: SgdConfig,
): void {
  const { name, value, average } = parameter;
  const next = sgdStep(graph, parameter, learningRate, config);
  const shape = value.shape.map(fixed);
  outputFlat(graph, name, next.value, shape);
  outputFlat(graph, stateNames.momentum(name), next.momentum, shape);
  if (average) {
    const moved = averagingStep(graph, average.average, next.value, average.rate);
    outputFlat(graph, stateNames.average(name), moved, shape);
  }
}

function outputFlat(graph: Graph, name: string, edge: Edge, shape: readonly number[]): void {
  graph.output(stateNames.next(name), edge, 'float32', [sizeOf(shape)]);
}
