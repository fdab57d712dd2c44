import { describe, expect, it } from 'vitest';
import { permutation, random } from '../../../src/base/rng.ts';
import { type Tensor, tensorOf } from '../../../src/base/tensor.ts';
import { readBytes } from './files.ts';
import { dictionary, storage, tensor, zip } from './pickles.ts';

interface View {
  readonly offset: number;
  readonly shape: number[];
  readonly strides: number[];
}

/** A slice with steps of a dense tensor, its axes in another order: what indexing and permuting give. */
function randomView(stream: ReturnType<typeof random>, longest: number): { view: View; length: number } {
  const axes = 1 + stream.integer(4);
  const sizes = Array.from({ length: axes }, () => 1 + stream.integer(longest));
  const dense = sizes.map((_, axis) => sizes.slice(axis + 1).reduce((a, b) => a * b, 1));
  const starts = sizes.map((size) => stream.integer(size));
  const steps = sizes.map(() => 1 + stream.integer(3));
  const order = [...permutation(axes, stream)];
  return {
    length: sizes.reduce((a, b) => a * b, 1),
    view: {
      offset: starts.reduce((sum, start, axis) => sum + start * dense[axis]!, 0),
      shape: order.map((axis) => Math.ceil((sizes[axis]! - starts[axis]!) / steps[axis]!)),
      strides: order.map((axis) => steps[axis]! * dense[axis]!),
    },
  };
}

/** Element by element, by the definition of strides. */
function elementsOf(data: Float32Array, { offset, shape, strides }: View): number[] {
  const [size, ...shapeLeft] = shape;
  const [stride, ...stridesLeft] = strides;
  if (size === undefined || stride === undefined) return [data[offset]!];
  const rest = { shape: shapeLeft, strides: stridesLeft };
  return Array.from({ length: size }, (_, i) =>
    elementsOf(data, { offset: offset + i * stride, ...rest }),
  ).flat();
}

async function readView(data: Float32Array, { offset, shape, strides }: View): Promise<Tensor> {
  const pickle = dictionary(tensor(storage(data.length), offset, shape, strides));
  const read = await readBytes(zip(pickle, new Uint8Array(data.buffer)));
  if (typeof read === 'string') throw new Error(read);
  return read.get('a')!;
}

describe('any slice, stepped and permuted,', () => {
  it('is read as the definition of strides has it', async () => {
    const stream = random('views');
    for (let round = 0; round < 100; round++) {
      const { view, length } = randomView(stream, 7);
      const data = Float32Array.from({ length }, (_, i) => i);
      const expected = tensorOf('float32', view.shape, elementsOf(data, view));
      expect(await readView(data, view), JSON.stringify(view)).toEqual(expected);
    }
  });

  it('is read across the pieces in which the storage is read', async () => {
    const data = Float32Array.from({ length: 700_001 }, (_, i) => i);
    for (const view of [
      { offset: 1, shape: [700, 1000], strides: [1, 700] },
      { offset: 0, shape: [2, 3], strides: [300_000, 130_000] },
      { offset: 5, shape: [7, 2, 900], strides: [1, 350_000, 300] },
    ]) {
      expect(await readView(data, view)).toEqual(tensorOf('float32', view.shape, elementsOf(data, view)));
    }
  });
});
