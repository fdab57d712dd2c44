import type { HalfFormat } from '../half-precision.ts';

/** How the elements of a storage are stored. Only floating-point ones are weights; the rest is known to be skipped. */
export interface ElementType {
  readonly bytes: number;
  readonly float?: HalfFormat | 'F32' | 'F64';
}

/** A block of memory that tensors look into: a view of the storage `key` of the file. */
export interface Storage {
  readonly key: string;
  readonly type: ElementType;
  /** First element of the block in the storage of the file. */
  readonly start: number;
  readonly length: number;
}

/** A tensor as it is described, before its elements are read. Offset and strides count elements. */
export class TensorView {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Its values are those of the storage with the other sign (PyTorch's negative bit). */
  readonly isNegated: boolean;

  constructor(
    storage: Storage,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
    isNegated = false,
  ) {
    this.isNegated = isNegated;
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }

  /** Elements from the first to behind the last that it looks at. */
  get extent(): number {
    if (this.shape.includes(0)) return 0;
    return this.shape.reduce((extent, size, axis) => extent + (size - 1) * this.strides[axis]!, 1);
  }

  /** Whether its elements lie in row-major order without gaps. The stride of an axis of size 1 means nothing. */
  get isContiguous(): boolean {
    const expected = rowMajorStrides(this.shape);
    return this.shape.every((size, axis) => size === 1 || this.strides[axis] === expected[axis]);
  }

  /** Whether two of its elements may be the same one, other than by repeating a whole axis (stride 0). */
  get overlaps(): boolean {
    const axes = this.shape
      .map((size, axis) => ({ size, stride: this.strides[axis]! }))
      .filter(({ size, stride }) => size > 1 && stride > 0)
      .sort((a, b) => a.stride - b.stride);
    let extent = 1;
    for (const { size, stride } of axes) {
      if (stride < extent) return true;
      extent += (size - 1) * stride;
    }
    return false;
  }
}

export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  for (let axis = shape.length - 1, stride = 1; axis >= 0; axis--) {
    strides.unshift(stride);
    stride *= shape[axis]!;
  }
  return strides;
}
