import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { allocate, sizeOf, type Tensor, tensorOf } from '../../../src/base/tensor.ts';
import { encodeModel } from '../../../src/engine/graph/encode.ts';
import { Graph } from '../../../src/engine/graph/graph.ts';
import { croppedDeconvolution } from '../../../src/engine/operators/cropped-deconvolution.ts';
import { deconvolutionInBlocks } from '../../../src/engine/operators/deconvolution-in-blocks.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import { relativeDifference } from '../../fixtures.ts';
import { runWithGradients } from './run-graph.ts';

const stream = random(3, 'blocks');
const normal = (...shape: number[]) =>
  tensorOf(
    'float32',
    shape,
    Array.from({ length: sizeOf(shape) }, () => stream.normal()),
  );
const beyond = 255;
const classes = 2;

interface Case {
  stride: number;
  kernel: number;
  offset: number;
  batch: number;
  x: readonly [number, number];
  reference: readonly [number, number];
}

/** Where each pixel in blocks stands in the image, row by row; 255 for those beyond it. */
async function positions({ stride, kernel, offset, batch, x, reference }: Case): Promise<Tensor<'int32'>> {
  const graph = new Graph();
  const [height, width] = reference;
  const label = graph.input('label', 'uint8', [batch, 'height', 'width']);
  const image = graph.input('image', 'float32', [batch, 1, 'height', 'width']);
  const map = graph.input('x', 'float32', [batch, 1, ...x]);
  const w = graph.input('w', 'float32', [1, 1, kernel, kernel]);
  const { arrange } = deconvolutionInBlocks(graph, map, w, { stride, offset, reference: image });
  const blocks = blocksOf(stride, offset, reference);
  const shape = [batch, stride * stride, blocks];
  graph.output('arranged', arrange(label, beyond), 'int32', shape);
  const arranged = allocate('int32', shape);
  const places = Array.from({ length: batch * height * width }, (_, i) => i % (height * width));
  const session = await nativeRuntime.createSession(encodeModel(graph, 'test'), { threads: 1 });
  const inputs = {
    label: tensorOf('uint8', [batch, height, width], places),
    image: normal(batch, 1, height, width),
    ...{ x: normal(batch, 1, ...x), w: normal(1, 1, kernel, kernel) },
  };
  await session.run(inputs, { arranged });
  await session.release();
  return arranged;
}

function blocksOf(stride: number, offset: number, reference: readonly number[]): number {
  const along = (size: number) => Math.floor((size + offset - 1) / stride) - Math.floor(offset / stride) + 1;
  return along(reference[0]!) * along(reference[1]!);
}

/** A map in blocks as an image; what is beyond it must be nothing or zero. */
function toImage(
  blocked: Tensor,
  places: Tensor<'int32'>,
  [height, width]: readonly [number, number],
): Float32Array {
  const [batch, channels, pixels, blocks] = blocked.shape as [number, number, number, number];
  const image = new Float32Array(batch * channels * height * width);
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < pixels * blocks; i++) {
        const place = places.data[n * pixels * blocks + i]!;
        if (place === beyond) continue;
        image[(n * channels + c) * height * width + place] = Number(
          blocked.data[(n * channels + c) * pixels * blocks + i],
        );
      }
    }
  }
  return image;
}

/** The other way round, with zeros beyond the image. */
function toBlocks(image: Tensor, places: Tensor<'int32'>): Tensor<'float32'> {
  const [batch, channels, height, width] = image.shape as [number, number, number, number];
  const [, pixels, blocks] = places.shape as [number, number, number];
  const blocked = allocate('float32', [batch, channels, pixels, blocks]);
  for (let i = 0; i < blocked.data.length; i++) {
    const [plane, within] = [Math.floor(i / (pixels * blocks)), i % (pixels * blocks)];
    const place = places.data[Math.floor(plane / channels) * pixels * blocks + within]!;
    if (place !== beyond) blocked.data[i] = Number(image.data[plane * height * width + place]);
  }
  return blocked;
}

describe('deconvolutionInBlocks', () => {
  it.each<Case>([
    { stride: 8, kernel: 16, offset: 3, batch: 1, x: [4, 4], reference: [11, 13] },
    { stride: 8, kernel: 15, offset: 16, batch: 2, x: [4, 5], reference: [9, 20] },
    { stride: 4, kernel: 7, offset: 0, batch: 1, x: [3, 4], reference: [11, 15] },
    { stride: 4, kernel: 7, offset: 6, batch: 2, x: [4, 5], reference: [9, 13] },
    { stride: 2, kernel: 4, offset: 9, batch: 1, x: [8, 9], reference: [4, 1] },
    { stride: 2, kernel: 5, offset: 1, batch: 1, x: [4, 5], reference: [10, 12] },
    { stride: 3, kernel: 3, offset: 4, batch: 1, x: [4, 3], reference: [5, 4] },
    { stride: 4, kernel: 2, offset: 2, batch: 1, x: [3, 3], reference: [7, 8] },
    { stride: 1, kernel: 3, offset: 1, batch: 2, x: [5, 4], reference: [4, 3] },
  ])('is a cropped deconvolution: $kernel x $kernel, stride $stride, from $offset', async (each) => {
    const { stride, kernel, offset, batch, x, reference } = each;
    const [height, width] = reference;
    const inputs = {
      x: normal(batch, 3, ...x),
      w: normal(3, classes, kernel, kernel),
      reference: normal(batch, 1, height, width),
    };
    const places = await positions(each);
    expect([...places.data].filter((place) => place !== beyond).length).toBe(batch * height * width);
    const dy = normal(batch, classes, height, width);
    const wanted = ['x', 'w'];
    for (const knowsSizes of [false, true]) {
      const plain = await runWithGradients({
        apply: (g, { x, w, reference }) =>
          croppedDeconvolution(g, x!, w!, { stride, offset, reference: reference! }),
        ...{ inputs, outputShape: dy.shape, dy, wanted, knowsSizes },
      });
      const blocked = await runWithGradients({
        apply: (g, { x, w, reference }) =>
          deconvolutionInBlocks(g, x!, w!, { stride, offset, reference: reference! }).value,
        outputShape: [batch, classes, stride * stride, blocksOf(stride, offset, reference)],
        ...{ inputs, dy: toBlocks(dy, places), wanted, knowsSizes },
      });
      const y = tensorOf('float32', dy.shape, toImage(blocked.y, places, reference));
      expect(relativeDifference(y, plain.y)).toBeLessThan(1e-5);
      for (const name of wanted) {
        expect(relativeDifference(blocked.gradients[name]!, plain.gradients[name]!)).toBeLessThan(1e-5);
      }
    }
  });
});
