import type { DataType, Tensor } from '../../base/tensor.ts';
import { elementTypes } from '../onnx/element-types.ts';
import type { Dimension, Edge, Shape, Value } from './edge.ts';
import type { GradientRule, Rows, Rowwise, TapeEntry, TapeInput } from './tape.ts';

export { type Dimension, type Edge, fixed, type Shape, type Value } from './edge.ts';

export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] };
export type Attributes = Readonly<Record<string, Attribute>>;

/**
 * One call of an operator of the standard ONNX operator set, of another one, whose name has its domain before the last dot, or
 * (see `Meaning`) of several under one name.
 */
export interface Node {
  readonly op: string;
  readonly inputs: readonly Edge[];
  readonly outputs: [Edge, ...Edge[]];
  readonly attributes: Attributes;
  /** Where in the network it stands: the names of the scopes in which it was emitted, such as `blank/conv3_1`. */
  readonly place: string;
  readonly meaning?: Meaning | undefined;
}

/** What a node computes, for the rewrites that choose how: each kind of meaning is a class. */
export abstract class Meaning {
  /**
   * Present where the node is no ONNX operator but stands for several nodes: emits those that compute it unless a rewrite
   * has chosen others.
   */
  expand?(graph: Graph, inputs: readonly Edge[]): Edge;
}

export interface Constant extends Edge {
  readonly dtype: 'float32' | 'int64' | 'int32';
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/**
 * A graph of ONNX operators under construction, in execution order, and the tape of differentiable operators that
 * were applied to build it. Height and width of feature maps may be symbolic: nothing here depends on their values.
 */
export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly outputs: Value[] = [];
  readonly tape: TapeEntry[] = [];
  readonly constants = new Map<string, Constant>();
  /** Those that were ever made: some may have been removed, and no name is given twice. */
  #constantCount = 0;
  /** What the graph brings along instead of being fed it, by name. */
  readonly initializers = new Map<string, Tensor>();
  #edges = 0;
  #sizes = 0;
  #place = '';

  /** An input that is fed at every run: images, labels, and (unless they are made initializers) all weights. */
  input(name: string, dtype: DataType, shape: Shape): Value {
    const value = { name, dtype, shape };
    this.inputs.push(value);
    return value;
  }

  /** Makes an input an initializer: `tensor` becomes part of the graph, and is fed no longer. It is not copied. */
  initialize(input: Value, tensor: Tensor): void {
    const index = this.inputs.indexOf(input);
    if (index < 0) throw new Error(`initialize: ${input.name} is not an input`);
    this.inputs.splice(index, 1);
    this.initializers.set(input.name, tensor);
  }

  /** Makes an edge a result of the graph, under a name of its own. */
  output(name: string, edge: Edge, dtype: DataType, shape: Shape): void {
    const producer = this.nodes.find((node) => node.outputs.includes(edge));
    const isResultAlready = this.outputs.includes(edge as Value);
    const result = producer && !isResultAlready ? edge : this.emit('Identity', [edge]);
    result.name = name;
    this.outputs.push(Object.assign(result, { dtype, shape }));
  }

  /** Appends a node with one result. */
  emit(op: string, inputs: readonly Edge[], attributes: Attributes = {}, meaning?: Meaning): Edge {
    const output = { name: `${op}_${this.#edges++}` };
    this.nodes.push({ op, inputs, outputs: [output], attributes, place: this.#place, meaning });
    return output;
  }

  /** Names what is emitted meanwhile: `conv1_1`, inside of another scope `center/conv1_1`. */
  within<T>(scope: string, emit: () => T): T {
    return this.at(this.#place === '' ? scope : `${this.#place}/${scope}`, emit);
  }

  /** As `within`, for a whole place. */
  at<T>(place: string, emit: () => T): T {
    const outer = this.#place;
    this.#place = place;
    try {
      return emit();
    } finally {
      this.#place = outer;
    }
  }

  /** As `emit`, for a result that other operators build on. */
  emitValue(
    op: string,
    inputs: readonly Edge[],
    attributes: Attributes,
    dtype: DataType,
    shape: Shape,
  ): Value {
    return Object.assign(this.emit(op, inputs, attributes), { dtype, shape });
  }

  /** `edge` in another shape, one of whose sizes may be -1: what is left. Nothing is copied. */
  reshape(edge: Edge, shape: readonly number[]): Edge {
    return this.emit('Reshape', [edge, this.int64(shape)]);
  }

  /** `edge` with its elements converted to another type. */
  cast(edge: Edge, dtype: DataType): Edge {
    return this.emit('Cast', [edge], { to: elementTypes[dtype] });
  }

  /** The name of a size that only the running graph knows. */
  unknownSize(): string {
    return `size_${this.#sizes++}`;
  }

  /** The size that an operator makes of another: a number where that is known, else a new name. */
  sizeAfter(size: Dimension | undefined, sizeOf: (size: number) => number): Dimension {
    return typeof size === 'number' ? sizeOf(size) : this.unknownSize();
  }

  /** Asks the node behind `edge` for one more of its optional results, such as the indices of MaxPool. */
  extraOutput(edge: Edge): Edge {
    const node = this.nodes.find(({ outputs }) => outputs.includes(edge));
    if (!node) throw new Error(`extraOutput: no node produces ${edge.name}`);
    const output = { name: `${edge.name}_${node.outputs.length}` };
    node.outputs.push(output);
    return output;
  }

  /**
   * Records that `output` was computed from `inputs` and how gradients flow back to each of them.
   * @param rowwise where the operator can be applied to some rows of its first input alone
   */
  differentiable<T extends Value>(
    output: T,
    inputs: readonly (readonly [Value, GradientRule, 'carries'?])[],
    rowwise?: Rowwise,
  ): T {
    const entries = inputs.map(([value, gradient, mark]) => ({
      value,
      gradient,
      carries: mark === 'carries',
    }));
    this.tape.push({ output, inputs: entries, place: this.#place, rowwise });
    return output;
  }

  /**
   * Lets the gradient for `value` come in bands: each is a value that holds some of its rows, and gets their gradient in its
   * place. Every rule for `value` must be marked 'carries'.
   */
  splitRows(value: Value, bands: readonly (readonly [Value, Rows])[]): void {
    this.tape.forEach((entry, index) => {
      const parts = entry.inputs.flatMap((input) => {
        if (input.value !== value) return [input];
        if (!input.carries) throw new Error(`splitRows: a rule for ${value.name} gives no rows`);
        return bands.map(([band, rows]): TapeInput => {
          return { ...input, value: band, gradient: (dy, carry) => input.gradient(dy, carry, rows) };
        });
      });
      this.tape[index] = { ...entry, inputs: parts };
    });
  }

  /** A one-dimensional int64 constant: axes, pads, shapes. Equal constants are shared. */
  int64(values: readonly number[]): Edge {
    return this.#constant({ dtype: 'int64', shape: [values.length], values });
  }

  /** A float32 constant, a scalar unless `shape` is given. */
  float32(values: readonly number[], shape: readonly number[] = []): Edge {
    return this.#constant({ dtype: 'float32', shape, values });
  }

  /** An int32 constant, a scalar unless `shape` is given. */
  int32(values: readonly number[], shape: readonly number[] = []): Edge {
    return this.#constant({ dtype: 'int32', shape, values });
  }

  #constant(content: Omit<Constant, 'name'>): Edge {
    const key = JSON.stringify(content);
    const known = this.constants.get(key);
    if (known) return known;
    const constant = { ...content, name: `constant_${this.#constantCount++}` };
    this.constants.set(key, constant);
    return constant;
  }
}
