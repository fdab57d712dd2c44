import type { Graph, Value } from '../graph/graph.ts';

/** How a parameter starts when no weights are given; see initialize.ts. */
export type Initialization = 'he-normal' | 'lecun-normal' | 'zero' | 'bilinear';

export interface Parameter {
  /** `NAME.weight` or `NAME.bias`, with the layer names of the reference implementation. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialization: Initialization;
  /** False for deconvolutions that stay bilinear. */
  readonly learned: boolean;
  readonly value: Value;
}

/** A network while it is being built: its parameters are inputs of the graph. */
export class Construction {
  readonly graph: Graph;
  readonly parameters: Parameter[] = [];

  constructor(graph: Graph) {
    this.graph = graph;
  }

  /** The parameter of this name: new, or the one that is there when a layer is applied more than once. */
  parameter(name: string, shape: number[], initialization: Initialization, learned = true): Value {
    const known = this.parameters.find((parameter) => parameter.name === name);
    if (known) return known.value;
    const value = this.graph.input(name, 'float32', shape);
    this.parameters.push({ name, shape, initialization, learned, value });
    return value;
  }
}
