import { random } from '../../base/rng.ts';
import { allocate } from '../../base/tensor.ts';
import { encodeModel } from '../../engine/graph/encode.ts';
import { Graph } from '../../engine/graph/graph.ts';
import { convolution } from '../../engine/operators/convolution.ts';
import { nativeRuntime } from '../../engine/runtimes/native/native-runtime.ts';
import type { Workload } from './workload.ts';

/** Channels of the convolution whose rate stands for the best that a machine reaches, in and out; its kernel is 3x3. */
const channels = 256;

/** One convolution with constant weights, which the runtime packs as it likes best. */
export async function prepareConvolution({ height, imageWidth, threads }: Workload) {
  const stream = random(0, 'convolution');
  const noise = (shape: number[]) => {
    const tensor = allocate('float32', shape);
    for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = stream.uniform(-0.05, 0.05);
    return tensor;
  };
  const graph = new Graph();
  const shape = [1, channels, height, imageWidth];
  const x = graph.input('x', 'float32', shape);
  const w = graph.input('w', 'float32', [channels, channels, 3, 3]);
  const b = graph.input('b', 'float32', [channels]);
  graph.output('y', convolution(graph, x, w, b, { pad: 1 }), 'float32', shape);
  graph.initialize(w, noise([channels, channels, 3, 3]));
  graph.initialize(b, noise([channels]));
  const session = await nativeRuntime.createSession(encodeModel(graph, 'convolution'), { threads });
  const [input, output] = [noise(shape), allocate('float32', shape)];
  return () => session.run({ x: input }, { y: output });
}

/** Multiplications of one run, in thousand millions. */
export function convolutionGigaMultiplications({
  height,
  imageWidth,
}: Pick<Workload, 'height' | 'imageWidth'>) {
  return (height * imageWidth * channels * channels * 9) / 1e9;
}
