import type { Edge, Graph, Value } from '../graph/graph.ts';

/** How a parameter starts when no weights are given; see initialize.ts. */
export type Initialization = 'he-normal' | 'lecun-normal' | 'zero' | 'one' | 'bilinear';

export interface Parameter {
  /** `NAME.weight` or `NAME.bias`, with the layer names of the reference implementation. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialization: Initialization;
  /** False for deconvolutions that stay bilinear, and for running averages. */
  readonly learned: boolean;
  readonly value: Value;
}

/** A running average among the parameters: no gradient moves it, it follows what each batch gives. */
export interface RunningAverage extends Pick<Parameter, 'name' | 'shape' | 'value'> {
  /** What it follows: of the shape of the average, from the batch. */
  readonly following: Edge;
  /** The share of the new in average' = (1 - rate) average + rate following. */
  readonly rate: number;
}

/** A network while it is being built: its parameters are inputs of the graph. */
export class Construction {
  readonly graph: Graph;
  readonly parameters: Parameter[];
  /** Those of the parameters that a training step moves though they have no gradient. */
  readonly averages: RunningAverage[];
  /** What the names of all that is built with it begin with. */
  readonly prefix: string;

  constructor(graph: Graph, prefix = '', { parameters, averages }: Partial<Construction> = {}) {
    this.graph = graph;
    this.prefix = prefix;
    this.parameters = parameters ?? [];
    this.averages = averages ?? [];
  }

  /** The same network, for a part of it whose parameters are named `PREFIX...`. */
  under(prefix: string): Construction {
    return new Construction(this.graph, this.prefix + prefix, this);
  }

  /** The parameter of this name: new, or the one that is there when a layer is applied more than once. */
  parameter(ownName: string, shape: number[], initialization: Initialization, learned = true): Value {
    const name = this.prefix + ownName;
    const known = this.parameters.find((parameter) => parameter.name === name);
    if (known) return known.value;
    const value = this.graph.input(name, 'float32', shape);
    this.parameters.push({ name, shape, initialization, learned, value });
    return value;
  }

  /** Lets a parameter, which must not be learned, follow what a batch gives. */
  follow(ownName: string, following: Edge, rate: number): void {
    const name = this.prefix + ownName;
    const { shape, value } = this.parameters.find((parameter) => parameter.name === name)!;
    this.averages.push({ name, shape, value, following, rate });
  }
}
