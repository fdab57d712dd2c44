import type { Edge } from '../graph/edge.ts';
import { type Graph, Meaning } from '../graph/graph.ts';
import type { Carry, Rows } from '../graph/tape.ts';
import { inputGradient } from './convolution-input-gradient.ts';
import type { ConvolutionSize } from './convolution-size.ts';
import {
  groupedWeightGradient,
  hasPointwiseWeightGradient,
  imageToColumns,
  pointwiseWeightGradient,
  stridedWeightGradient,
  weightGradient,
} from './convolution-weight-gradient.ts';
import { hasShiftedWeightGradient, shiftedWeightGradient } from './depthwise-weight-gradient.ts';

/** A convolution, or one of its gradients. */
export abstract class OfConvolution extends Meaning {
  readonly size: ConvolutionSize;

  constructor(size: ConvolutionSize) {
    super();
    this.size = size;
  }
}

/** Conv [x, w, b]. */
export class ConvolutionForward extends OfConvolution {}

/** The gradient of a convolution for its input, from [dy, w, x]. Of x only the size is read. */
export class ConvolutionInputGradient extends OfConvolution {
  override expand(graph: Graph, [dy, w, x]: readonly Edge[]): Edge {
    return inputGradient(graph, dy!, x!, w!, this.size);
  }
}

/** The gradient of a grouped convolution of stride 1 for its weights, from [dy, x]. */
export class GroupedWeightGradient extends OfConvolution {
  override expand(graph: Graph, [dy, x]: readonly Edge[]): Edge {
    const gradient = hasShiftedWeightGradient(this.size) ? shiftedWeightGradient : groupedWeightGradient;
    return gradient(graph, dy!, x!, this.size);
  }
}

/** The gradient of a convolution of any stride for its weights, from [dy, x]. */
export class StridedWeightGradient extends OfConvolution {
  override expand(graph: Graph, [dy, x]: readonly Edge[]): Edge {
    return stridedWeightGradient(graph, dy!, x!, this.size);
  }
}

/**
 * The gradient of a convolution of stride 1 and one group for its weights, from [dy, x] or [dy, x, carry]: `factor` times the
 * carry and the gradient, or some rows of it.
 */
export class ConvolutionWeightGradient extends OfConvolution {
  readonly rows: Rows | undefined;
  readonly factor: number;
  /** What x becomes for the matrix products, once it is emitted: one for all rows of a gradient. */
  readonly shared: { pixels?: Edge };

  constructor(size: ConvolutionSize, rows: Rows | undefined, factor: number, shared: { pixels?: Edge }) {
    super(size);
    this.rows = rows;
    this.factor = factor;
    this.shared = shared;
  }

  override expand(graph: Graph, inputs: readonly Edge[]): Edge {
    const [dy, x] = inputs as [Edge, Edge];
    const carry = this.carryOf(inputs);
    if (!this.rows && hasPointwiseWeightGradient(this.size)) {
      return pointwiseWeightGradient(graph, dy, x, this.size, carry);
    }
    this.shared.pixels ??= imageToColumns(graph, x, this.size);
    return weightGradient(graph, dy, this.shared.pixels, this.size, carry, this.rows);
  }

  carryOf([, , edge]: readonly Edge[]): Carry | undefined {
    return edge && { edge, factor: this.factor };
  }
}
