import { sizeOf, type Tensor } from '../../base/tensor.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph } from '../graph/graph.ts';
import { wholeOf } from '../rewrites/bands.ts';
import type { Parts } from '../rewrites/parts.ts';
import type { BoundTensors, DeviceMemory, DeviceTensor, Runtime, Session } from '../runtimes/session.ts';
import { stateNames } from './names.ts';
import { rowOf } from './row.ts';
import { rowView, type TrainingState } from './state.ts';
import type { Bindings, Store } from './store.ts';

/** A tensor of a training, under the name that the graphs have for it. */
interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  /** The same numbers where TrainingState has them; gradients have none. */
  readonly host?: Tensor<'float32'>;
}

/** Two tensors of the device for each of some entries: graphs read one of them and write the other, and then it is their turn. */
class Pairs {
  readonly #names: readonly string[];
  #now: readonly DeviceTensor[];
  #next: readonly DeviceTensor[];

  constructor(memory: DeviceMemory, entries: readonly Entry[]) {
    this.#names = entries.map(({ name }) => name);
    const all = () => entries.map(({ shape }) => memory.allocate('float32', shape));
    this.#now = all();
    this.#next = all();
  }

  get current(): readonly DeviceTensor[] {
    return this.#now;
  }

  get inputs(): BoundTensors {
    return Object.fromEntries(this.#names.map((name, i) => [name, this.#now[i]!]));
  }

  /** In rows, as the graphs give them. */
  get outputs(): BoundTensors {
    return Object.fromEntries(this.#names.map((name, i) => [stateNames.next(name), asRow(this.#next[i]!)]));
  }

  swap(): void {
    [this.#now, this.#next] = [this.#next, this.#now];
  }
}

const asRows = new WeakMap<DeviceTensor, DeviceTensor>();
function asRow(tensor: DeviceTensor): DeviceTensor {
  const known = asRows.get(tensor) ?? tensor.reshaped(rowOf(sizeOf(tensor.shape)));
  asRows.set(tensor, known);
  return known;
}

/**
 * The numbers of a training in the memory of a graphics processor. Nothing can be computed in place there, so what changes is there
 * twice. What does not learn is there once.
 */
export class DeviceStore implements Store {
  readonly #memory: DeviceMemory;
  readonly #entries: { readonly learned: readonly Entry[]; readonly fixed: readonly Entry[] };
  readonly #weightNames: ReadonlySet<string>;
  readonly #changing: Pairs;
  readonly #fixed: readonly DeviceTensor[];
  readonly #gradients: Pairs;
  readonly #clearing: Session | undefined;

  private constructor(
    memory: DeviceMemory,
    { weights, state, fixed, gradients }: ReturnType<typeof entriesOf>,
    clearing: Session | undefined,
  ) {
    this.#memory = memory;
    this.#entries = { learned: [...weights, ...state], fixed };
    this.#weightNames = new Set(weights.map(({ name }) => name));
    this.#changing = new Pairs(memory, this.#entries.learned);
    this.#fixed = fixed.map(({ shape }) => memory.allocate('float32', shape));
    this.#gradients = new Pairs(memory, gradients);
    this.#clearing = clearing;
  }

  /**
   * @param memory of a session that lives longer than the store
   * @param parts of the graphs that train
   */
  static async create(
    runtime: Runtime,
    memory: DeviceMemory,
    state: TrainingState,
    parts: Parts,
  ): Promise<DeviceStore> {
    const entries = entriesOf(state, parts);
    const clearing =
      entries.gradients.length > 0
        ? await runtime.createSession(clearingGraph(entries.gradients), { threads: 1 })
        : undefined;
    const store = new DeviceStore(memory, entries, clearing);
    await store.write();
    return store;
  }

  get step(): Bindings {
    const { inputs, outputs } = this.#changing;
    return { inputs: { ...this.#fixedInputs, ...inputs }, outputs };
  }

  get accumulation(): Bindings {
    const weights = Object.entries(this.#changing.inputs).filter(([name]) => this.#weightNames.has(name));
    const { inputs, outputs } = this.#gradients;
    return { inputs: { ...this.#fixedInputs, ...Object.fromEntries(weights), ...inputs }, outputs };
  }

  get update(): Bindings {
    const { inputs, outputs } = this.#changing;
    return { inputs: { ...inputs, ...this.#gradients.inputs }, outputs };
  }

  updated(): void {
    this.#changing.swap();
  }

  accumulated(): void {
    this.#gradients.swap();
  }

  async clearGradients(): Promise<void> {
    const { inputs, outputs } = this.#gradients;
    await this.#clearing?.run(inputs, outputs);
    this.#gradients.swap();
  }

  async read(): Promise<void> {
    await this.#memory.read(this.#changing.current, hostsOf(this.#entries.learned));
  }

  async write(): Promise<void> {
    const { learned, fixed } = this.#entries;
    const targets = [...this.#changing.current, ...this.#fixed];
    await this.#memory.write(hostsOf([...learned, ...fixed]), targets);
  }

  /** Its tensors live as long as the session whose memory it has. */
  async release(): Promise<void> {
    await this.#clearing?.release();
  }

  get #fixedInputs(): BoundTensors {
    return Object.fromEntries(this.#entries.fixed.map(({ name }, i) => [name, this.#fixed[i]!]));
  }
}

function hostsOf(entries: readonly Entry[]): Tensor<'float32'>[] {
  return entries.map(({ host }) => host!);
}

/** What there is of a training, part by part. */
function entriesOf(state: TrainingState, parts: Parts) {
  const entries = [...state.weights].flatMap(([whole, { shape }]) =>
    (parts.get(whole) ?? [wholeOf({ name: whole, shape })]).map((band) => ({ whole, band })),
  );
  const changing = entries.filter(({ whole }) => whole in state.changedWeights);
  const weightOf = ({ whole, band }: (typeof entries)[number]): Entry => {
    return { name: band.name, shape: band.shape, host: rowView(state.weights.get(whole)!, band) };
  };
  const accumulates = Object.keys(state.gradientInputs).length > 0;
  return {
    weights: changing.map(weightOf),
    fixed: entries.filter(({ whole }) => !(whole in state.changedWeights)).map(weightOf),
    state: changing.flatMap(({ whole, band }) =>
      [...state.kinds].flatMap(([kind, tensors]): Entry[] => {
        const own = tensors.get(whole); // running averages have none
        if (!own) return [];
        const host = rowView(own, band);
        return [{ name: stateNames.of(kind, band.name), shape: host.shape, host }];
      }),
    ),
    gradients: accumulates
      ? changing.map(({ band }): Entry => {
          return { name: stateNames.gradient(band.name), shape: rowOf(sizeOf(band.shape)) };
        })
      : [],
  };
}

/** Gives zeros for each row. Its lengths have names: known ones would make the zeros constants, which have memory of their own. */
function clearingGraph(rows: readonly Entry[]): Uint8Array {
  const graph = new Graph();
  for (const { name } of rows) {
    const vector = graph.input(name, 'float32', rowOf(graph.unknownSize()));
    const size = graph.emit('Shape', [vector]);
    const zeros = graph.emit('Expand', [graph.float32([0]), size]);
    graph.output(stateNames.next(name), zeros, 'float32', vector.shape);
  }
  return encodeModel(graph, 'zeros');
}
