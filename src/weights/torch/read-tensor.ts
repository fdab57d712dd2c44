import { allocate, type Tensor } from '../../base/tensor.ts';
import { expandHalves, halvesOf } from '../half-precision.ts';
import type { InputFile } from './input-file.ts';
import { type ElementType, rowMajorStrides, type TensorView } from './tensor-view.ts';

/** Elements that are read at once where they are converted or gathered. */
const windowLength = 2 ** 18;

/** Reads elements of a storage as float32, whatever they are stored as. */
class ElementReader {
  readonly #file: InputFile;
  readonly #position: number;
  readonly #type: ElementType;
  readonly #bigEndian: boolean;

  constructor(file: InputFile, position: number, { storage, offset }: TensorView, bigEndian: boolean) {
    this.#file = file;
    this.#position = position + (storage.start + offset) * storage.type.bytes;
    this.#type = storage.type;
    this.#bigEndian = bigEndian;
  }

  /** Fills `target` with elements from number `first` on, counted from the tensor's first. */
  async read(target: Float32Array, first: number): Promise<void> {
    const { float } = this.#type;
    if (float === 'F64') await this.#readDoubles(target, first);
    else if (float === 'F32') await this.#readBytes(bufferOf(target), first);
    else if (float) {
      await this.#readBytes(bufferOf(halvesOf(target)), first);
      expandHalves(target, float);
    } else throw new TypeError('ElementReader: got a tensor of integers, expected floating point');
  }

  async #readDoubles(target: Float32Array, first: number): Promise<void> {
    const doubles = new Float64Array(Math.min(windowLength, target.length));
    for (let done = 0; done < target.length; done += windowLength) {
      const part = doubles.subarray(0, target.length - done);
      await this.#readBytes(bufferOf(part), first + done);
      target.set(part, done);
    }
  }

  /** The bytes of whole elements, little-endian. */
  async #readBytes(target: Buffer, first: number): Promise<void> {
    await this.#file.read(target, this.#position + first * this.#type.bytes);
    if (!this.#bigEndian) return;
    if (this.#type.bytes === 2) target.swap16();
    else if (this.#type.bytes === 4) target.swap32();
    else target.swap64();
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** The elements of a view in row-major order. Memory beside the tensor's own is a window of 2 MiB at most. */
export async function readTensor(
  file: InputFile,
  position: number,
  view: TensorView,
  bigEndian: boolean,
): Promise<Tensor<'float32'>> {
  const tensor = allocate('float32', view.shape);
  const reader = new ElementReader(file, position, view, bigEndian);
  if (view.isContiguous) await reader.read(tensor.data, 0);
  else await gather(reader, view, tensor.data);
  if (view.isNegated) for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = -tensor.data[i]!;
  return tensor;
}

/**
 * Walks the view in the order in which its elements lie in the storage, so that the storage is read once from front to
 * back. The view must not overlap itself.
 */
async function gather(reader: ElementReader, view: TensorView, target: Float32Array): Promise<void> {
  const targetStrides = rowMajorStrides(view.shape);
  const axes = view.shape
    .map((size, axis) => ({
      size,
      stride: view.strides[axis]!,
      targetStride: targetStrides[axis]!,
      index: 0,
    }))
    .filter(({ size }) => size > 1)
    .sort((a, b) => b.stride - a.stride);
  const { extent } = view;
  let window = new Float32Array(Math.min(windowLength, extent));
  let windowStart = 0;
  let windowEnd = 0;
  let from = 0;
  let to = 0;
  for (let count = 0; count < target.length; count++) {
    if (from >= windowEnd) {
      window = window.subarray(0, Math.min(window.length, extent - from));
      await reader.read(window, from);
      windowStart = from;
      windowEnd = from + window.length;
    }
    target[to] = window[from - windowStart]!;
    for (let i = axes.length - 1; i >= 0; i--) {
      const axis = axes[i]!;
      from += axis.stride;
      to += axis.targetStride;
      if (++axis.index < axis.size) break;
      from -= axis.size * axis.stride;
      to -= axis.size * axis.targetStride;
      axis.index = 0;
    }
  }
}
