/** Element types of tensors, by the array that holds them. `bool` is one byte an element, 0 or 1. */
export interface TensorData {
  float32: Float32Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  int8: Int8Array;
  int32: Int32Array;
  int64: BigInt64Array;
  bool: Uint8Array;
}

export type DataType = keyof TensorData;

/** A dense row-major array with a shape. Images are [N, C, H, W], label maps [N, H, W]. */
export interface Tensor<T extends DataType = DataType> {
  readonly dtype: T;
  readonly shape: readonly number[];
  readonly data: TensorData[T];
}

const bytesPerElement: Record<DataType, number> = {
  float32: 4,
  uint8: 1,
  uint16: 2,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};

/** Number of elements of a shape: the product of its dimensions, 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Bytes that a tensor takes. */
export function byteSizeOf(dtype: DataType, shape: readonly number[]): number {
  return sizeOf(shape) * bytesPerElement[dtype];
}

/**
 * A zero-filled tensor. Its memory is an ArrayBuffer of its own, never on the JavaScript heap (where a small typed
 * array may live and be moved), so native code may hold its address for as long as the tensor is referenced.
 */
export function allocate<T extends DataType>(dtype: T, shape: readonly number[]): Tensor<T> {
  const buffer = new ArrayBuffer(byteSizeOf(dtype, shape));
  return { dtype, shape, data: view(dtype, buffer) };
}

/** The memory of a tensor if that has the shape, with what is in it, else a new tensor. */
export function reuse(memory: Tensor<'float32'> | undefined, shape: readonly number[]): Tensor<'float32'> {
  const fits =
    memory?.shape.length === shape.length && shape.every((size, axis) => size === memory.shape[axis]);
  return fits ? memory : allocate('float32', shape);
}

/** A tensor that holds a copy of `values`, which must fill `shape`. */
export function tensorOf<T extends DataType>(
  dtype: T,
  shape: readonly number[],
  values: ArrayLike<number>,
): Tensor<T> {
  if (values.length !== sizeOf(shape)) {
    throw new RangeError(
      `tensorOf: got ${values.length} values, expected ${sizeOf(shape)} for [${shape.join(', ')}]`,
    );
  }
  const tensor = allocate(dtype, shape);
  if (tensor.data instanceof BigInt64Array) tensor.data.set(Array.from(values, BigInt));
  else (tensor.data as Float32Array).set(values);
  return tensor;
}

function view<T extends DataType>(dtype: T, buffer: ArrayBuffer): TensorData[T] {
  const views: { [K in DataType]: () => TensorData[K] } = {
    float32: () => new Float32Array(buffer),
    uint8: () => new Uint8Array(buffer),
    uint16: () => new Uint16Array(buffer),
    int8: () => new Int8Array(buffer),
    int32: () => new Int32Array(buffer),
    int64: () => new BigInt64Array(buffer),
    bool: () => new Uint8Array(buffer),
  };
  return views[dtype]();
}

/** The memory of an array, byte by byte. Nothing is copied. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Whether no element is NaN or infinite. */
export function hasOnlyFinite({ data }: Tensor<'float32'>): boolean {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * 0; // 0 for a finite element, NaN otherwise
  return sum === 0;
}
