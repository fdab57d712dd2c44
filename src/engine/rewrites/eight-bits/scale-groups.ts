import type { Edge } from '../../graph/graph.ts';

/** Edges that must have the same scale, because bytes are moved between them as they are. */
export class ScaleGroups {
  readonly #next = new Map<Edge, Edge>();

  /** Makes the edges, and all that are tied to them, one group. */
  tie(first: Edge, ...others: readonly Edge[]): void {
    for (const other of others) {
      const [a, b] = [this.groupOf(first), this.groupOf(other)];
      if (a !== b) this.#next.set(b, a);
    }
  }

  /** The edge that stands for the group of an edge. */
  groupOf(edge: Edge): Edge {
    const next = this.#next.get(edge);
    return next ? this.groupOf(next) : edge;
  }
}
