import { inputError } from '../../base/errors.ts';
import { allocate, type Tensor } from '../../base/tensor.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph, type Value } from '../graph/graph.ts';
import { Construction } from '../parameters/parameter.ts';
import {
  graphicsPlan,
  type Plan,
  plainPlan,
  rewriteFinished,
  rewriteForward,
  standardPlan,
} from '../rewrites/plan.ts';
import type { NamedTensors, Runtime, Session } from '../runtimes/session.ts';

export interface ProgramOptions {
  /** Of every parameter that the network has, by name; others are left alone. They are read at each run, where they lie. */
  readonly weights: ReadonlyMap<string, Tensor<'float32'>>;
  /** Threads that work on one operator; default 1. */
  readonly threads?: number;
  /** What computes the network; default: standardPlan, or graphicsPlan where a graphics processor computes. */
  readonly plan?: Plan;
}

/** Weights are fed from where they lie, in whole. */
const programPlan: Plan = { ...graphicsPlan, parts: undefined };

/**
 * A network to be run, not trained: such as one that a learner trains, to see how good it is.
 *
 *   const program = await createProgram(runtime, buildScores, { weights: learner.parameters });
 *   const { scores } = await program.run({ image });
 *
 * @param build emits the network; returns its results, by the names that they are to have
 * @throws FcnError when the weight of a parameter is missing
 */
export async function createProgram(
  runtime: Runtime,
  build: (construction: Construction) => Readonly<Record<string, Value>>,
  { weights, threads = 1, plan = runtime.device === 'cpu' ? standardPlan : programPlan }: ProgramOptions,
): Promise<Program> {
  const { graph, parameters } = buildProgram(build, weights, plan);
  const isParameter = (value: Value) => parameters.some((parameter) => parameter.value === value);
  const inputs = graph.inputs.filter((value) => !isParameter(value));
  const session = await runtime.createSession(encodeModel(graph, 'program'), { threads });
  const own = parameters.map(({ name }) => [name, weights.get(name)!]);
  return new Program(session, Object.fromEntries(own), { inputs, outputs: [...graph.outputs] });
}

/**
 * The network as an ONNX file with its weights inside, which any ONNX tool runs.
 * @param build as for createProgram; @throws as that
 */
export function encodeProgram(
  build: (construction: Construction) => Readonly<Record<string, Value>>,
  weights: ProgramOptions['weights'],
  name = 'network',
): Uint8Array {
  const { graph, parameters } = buildProgram(build, weights, plainPlan);
  for (const { name, value } of parameters) graph.initialize(value, weights.get(name)!);
  return encodeModel(graph, name);
}

function buildProgram(
  build: (construction: Construction) => Readonly<Record<string, Value>>,
  weights: ProgramOptions['weights'],
  plan: Plan,
): Construction {
  const construction = new Construction(new Graph());
  const { graph, parameters } = construction;
  const results = build(construction);
  const missing = parameters.find(({ name }) => !weights.has(name));
  if (missing) {
    throw inputError(`weights: got none for ${missing.name}, expected weights for every parameter`);
  }
  rewriteForward(graph, plan);
  for (const [name, value] of Object.entries(results)) graph.output(name, value, value.dtype, value.shape);
  rewriteFinished(graph, plan);
  return construction;
}

/** See createProgram. */
export class Program {
  readonly #session: Session;
  readonly #weights: NamedTensors;
  readonly #signature: { readonly inputs: readonly Value[]; readonly outputs: readonly Value[] };

  constructor(
    session: Session,
    weights: NamedTensors,
    signature: { readonly inputs: readonly Value[]; readonly outputs: readonly Value[] },
  ) {
    this.#session = session;
    this.#weights = weights;
    this.#signature = signature;
  }

  /**
   * @param inputs by name
   * @param outputs memory for results whose sizes do not follow from those of the inputs; the others need none
   * @returns all results, by name
   * @throws FcnError when an input is missing, or the memory for a result
   */
  async run(inputs: NamedTensors, outputs: NamedTensors = {}): Promise<Record<string, Tensor>> {
    const sizes = this.#sizesOf(inputs);
    const results = this.#signature.outputs.map(({ name, dtype, shape }) => {
      const known = shape.map((size) => (typeof size === 'number' ? size : sizes.get(size)));
      if (outputs[name]) return [name, outputs[name]] as const;
      if (known.includes(undefined)) {
        throw inputError(
          `${name}: got no memory, expected a tensor for it, because its size is not that of an input`,
        );
      }
      return [name, allocate(dtype, known as number[])] as const;
    });
    const named = Object.fromEntries(results);
    await this.#session.run({ ...this.#weights, ...inputs }, named);
    return named;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  /** The sizes that have names in the shapes of the inputs. */
  #sizesOf(given: NamedTensors): Map<string, number> {
    const sizes = new Map<string, number>();
    for (const { name, shape } of this.#signature.inputs) {
      const tensor = given[name];
      if (!tensor) throw inputError(`${name}: got nothing, expected a tensor; it is an input of the network`);
      for (const [axis, size] of shape.entries()) {
        if (typeof size === 'string') sizes.set(size, tensor.shape[axis]!);
      }
    }
    return sizes;
  }
}
