import { type Edge, type Graph, Meaning } from '../graph/graph.ts';

/** The gradient of a rectifier for its input, from [dy, y]: dy where 0 < y < limit, else 0 dy. Element by element. */
export class RectifierGradient extends Meaning {
  readonly limit: number;

  /** @param limit from where on results stay the same; Infinity: nowhere */
  constructor(limit: number) {
    super();
    this.limit = limit;
  }

  /** A product with a mask takes half of the time of Where, and a third of Sign. */
  override expand(graph: Graph, [dy, y]: readonly Edge[]): Edge {
    const isPositive = graph.emit('Greater', [y!, graph.float32([0])]);
    const passes = Number.isFinite(this.limit)
      ? graph.emit('And', [isPositive, graph.emit('Less', [y!, graph.float32([this.limit])])])
      : isPositive;
    return graph.emit('Mul', [dy!, graph.cast(passes, 'float32')]);
  }
}
