import { backward } from '../differentiation/backward.ts';
import { encodeModel } from '../graph/encode.ts';
import { type Edge, Graph, type Value } from '../graph/graph.ts';
import type { Carry } from '../graph/tape.ts';
import { carriedLink, type Optimizer } from '../optimizers/optimizer.ts';
import { type ParameterRule, times } from '../optimizers/transformation.ts';
import type { Parameter, RunningAverage } from '../parameters/parameter.ts';
import { type BandInput, splitInBands } from '../rewrites/bands.ts';
import { afterReaders } from '../rewrites/ordering.ts';
import { inParts, type Parts } from '../rewrites/parts.ts';
import {
  type Plan,
  rewriteFinished,
  rewriteUpdates,
  standardPlan,
  updatesInPlace,
} from '../rewrites/plan.ts';
import { stateNames } from './names.ts';
import { rowOf } from './row.ts';
import {
  emitAverage,
  emitUpdate,
  gather,
  outputRow,
  rowInputs,
  scalarInputs,
  stateInputs,
  type UpdatedPart,
} from './update.ts';

/** A parameter that is to be learned, and how it differs from the others. */
export type LearnedParameter = Omit<Parameter, 'learned'> & { readonly rule?: ParameterRule };

/** A network and its loss, to be trained. */
export interface Objective {
  /** Holds the network and the loss, and nothing that trains it. The functions below add to it. */
  readonly graph: Graph;
  /** A scalar. */
  readonly loss: Value;
  /** Those that learn. All of them must lead to the loss; the graph's other inputs are fed at each run and stay. */
  readonly learned: readonly LearnedParameter[];
  /** Parameters that follow what each batch gives; default: none. */
  readonly averages?: readonly RunningAverage[];
}

export interface CompileOptions {
  /** Of the graph, for people. */
  readonly name?: string;
  /** What computes it; default: standardPlan. Its rewriteForward comes before. */
  readonly plan?: Plan;
  /** What rewriteForward has given; default: no parts. */
  readonly parts?: Parts;
}

const noParts: Parts = new Map();

/** A training step, and the parameters of which it takes and updates bands (rewrites/bands.ts). */
export interface CompiledStep {
  readonly model: Uint8Array;
  readonly bands: ReadonlyMap<string, readonly BandInput[]>;
  /** The parameters that it takes and updates in parts: each part is a parameter of its own here (rewrites/parts.ts). */
  readonly parts: Parts;
}

/**
 * A whole training step of any network as one graph. In go the inputs of the network, every parameter, the scalars and the
 * state of the optimizer; out come `loss` and, as NAME.next and NAME.KIND.next, the new parameters and their new state.
 * These may be written over the old ones: the graph orders every write after the last read. State, and all results but
 * the loss, are rows (row.ts).
 *
 * Running averages, which are parameters too, come out as NAME.next like them.
 *
 * A large parameter is updated in bands (rewrites/bands.ts): the state and all results of each go in and come out under its
 * own name, and the band of the parameter itself goes in once more.
 */
export function compileStep(
  { graph, loss, learned: whole, averages = [] }: Objective,
  optimizer: Optimizer,
  { name = 'training step', plan = standardPlan, parts: inGraph = noParts }: CompileOptions = {},
): CompiledStep {
  const learned = inParts(whole, inGraph);
  graph.output('loss', loss, 'float32', []);
  const inputs = scalarInputs(graph, optimizer);
  const bands = splitInBands(graph, learned, plan.bands);
  const parts = learned.flatMap((parameter) => partsOf(parameter, bands));
  const states = stateInputs(graph, parts, optimizer);
  const carry = carriedLink(optimizer)?.carry;
  const isCarried = ({ shape }: StepPart) => !updatesInPlace(plan, shape);
  const carries = parts.flatMap((part, i): [Value, Carry][] =>
    carry && isCarried(part) ? [[part.value, { edge: states[i]![carry.kind]!, factor: carry.factor }]] : [],
  );
  const gradients = gradientsOf(graph, loss, parts, new Map(carries));
  rewriteFinished(graph, plan);
  const gathered = gatherOf(graph, optimizer, parts, gradients);
  const rates = new Map(
    learned.map(({ value }) => {
      const rate = inputs.learning_rate!;
      return [value, plan.inPlace === false ? rate : afterReaders(graph, rate, value)];
    }),
  );
  for (const [i, part] of parts.entries()) {
    const scalars = { ...inputs, learning_rate: rates.get(part.whole)! };
    const given = { scalars, gathered, carried: isCarried(part) };
    graph.within(part.name, () =>
      emitUpdate(graph, { ...part, state: states[i]! }, gradients[i]!, optimizer, given),
    );
  }
  for (const average of averages) emitAverage(graph, average);
  rewriteUpdates(graph, plan, parts);
  return { model: encodeModel(graph, name), bands, parts: inGraph };
}

/**
 * One micro-batch of an accumulated minibatch: as the training step, but instead of an update the gradients of the loss are
 * added to `NAME.gradient`, and what running averages follow likewise. `loss` comes out, and what else the graph has for
 * outputs.
 */
export function compileAccumulation(
  { graph, loss, learned: whole, averages = [] }: Objective,
  { name = 'accumulation', plan = standardPlan, parts = noParts }: CompileOptions = {},
): Uint8Array {
  const learned = inParts(whole, parts);
  graph.output('loss', loss, 'float32', []);
  const accumulated = rowInputs(graph, learned, stateNames.gradient);
  const carries = learned.map(({ value }, i) => [value, { edge: accumulated[i]!, factor: 1 }] as const);
  const sums = gradientsOf(graph, loss, learned, new Map(carries));
  rewriteFinished(graph, plan);
  for (const [i, parameter] of learned.entries()) {
    const sum = graph.reshape(sums[i]!, rowOf(-1));
    outputRow(graph, stateNames.gradient(parameter.name), sum, parameter.shape);
  }
  const followed = rowInputs(graph, averages, stateNames.gradient);
  for (const [i, { name, shape, following }] of averages.entries()) {
    const sum = graph.emit('Add', [followed[i]!, graph.reshape(following, rowOf(-1))]);
    outputRow(graph, stateNames.gradient(name), sum, shape);
  }
  return encodeModel(graph, name);
}

/**
 * The update that ends an accumulated minibatch: gradients times `gradient_scale` float32 [1] are the step's. Every
 * parameter is updated whole.
 * @param averages follow the mean of what the micro-batches gave: in whatever order they came, and wherever
 * @param microBatches their number
 * @param plan what computes it
 */
export function compileUpdate(
  learned: readonly Pick<LearnedParameter, 'name' | 'shape' | 'rule'>[],
  optimizer: Optimizer,
  averages: readonly Pick<RunningAverage, 'name' | 'shape' | 'rate'>[] = [],
  microBatches = 1,
  plan: Plan = standardPlan,
): Uint8Array {
  const graph = new Graph();
  const scalars = scalarInputs(graph, optimizer);
  const scale = graph.input('gradient_scale', 'float32', [1]);
  const sums = rowInputs(graph, learned, stateNames.gradient);
  const states = stateInputs(graph, learned, optimizer);
  const scaled = (i: number) => graph.emit('Mul', [sums[i]!, scale]);
  // Where a link has to know all gradients, all are scaled first; else one after the other, which needs less memory.
  const all = optimizer.links[0]?.gather && learned.map((_, i) => scaled(i));
  const gathered = all && gatherOf(graph, optimizer, learned, all);
  for (const [i, { name, shape, rule = {} }] of learned.entries()) {
    const part = { name, shape, rule, value: graph.input(name, 'float32', shape), state: states[i]! };
    const given = { scalars, gathered, carried: false };
    graph.within(name, () => emitUpdate(graph, part, all?.[i] ?? scaled(i), optimizer, given));
  }
  const followed = rowInputs(graph, averages, stateNames.gradient);
  for (const [i, { name, shape, rate }] of averages.entries()) {
    const following = times(graph, followed[i]!, 1 / microBatches);
    emitAverage(graph, { name, shape, rate, following, value: graph.input(name, 'float32', shape) });
  }
  rewriteUpdates(graph, plan, learned);
  return encodeModel(graph, 'update');
}

type StepPart = Omit<UpdatedPart, 'state'> & { readonly whole: Value };

/** What is updated at once: a parameter, or each of its bands. */
function partsOf(
  { name, shape, value: whole, rule = {} }: LearnedParameter,
  bands: CompiledStep['bands'],
): StepPart[] {
  const own = bands.get(name);
  return own ? own.map((band) => ({ ...band, rule, whole })) : [{ name, shape, value: whole, rule, whole }];
}

function gatherOf(
  graph: Graph,
  optimizer: Optimizer,
  parts: readonly Pick<UpdatedPart, 'shape'>[],
  gradients: readonly Edge[],
): Edge | undefined {
  return gather(
    graph,
    optimizer,
    parts.map(({ shape }, i) => ({ gradient: gradients[i]!, shape })),
  );
}

function gradientsOf(
  graph: Graph,
  loss: Value,
  parts: readonly { readonly name: string; readonly value: Value }[],
  carries: ReadonlyMap<Value, Carry>,
): Edge[] {
  const gradients = backward(
    graph,
    loss,
    parts.map(({ value }) => value),
    carries,
  );
  return parts.map(({ name, value }) => {
    const gradient = gradients.get(value);
    if (!gradient) throw new Error(`${name} learns nothing: the loss does not depend on it`);
    return gradient;
  });
}
