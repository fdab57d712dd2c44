import { allocate, type Tensor } from '../../base/tensor.ts';
import { pixelTensor } from '../../data/batches/batch.ts';
import type { Image } from '../../data/images/image.ts';
import { encodeModel } from '../../engine/graph/encode.ts';
import type { Edge, Graph } from '../../engine/graph/graph.ts';
import type { Range } from '../../engine/rewrites/eight-bits/affine.ts';
import type { QuantizationPlan } from '../../engine/rewrites/eight-bits/plan.ts';
import type { Runtime, SessionOptions } from '../../engine/runtimes/session.ts';

/**
 * Runs the graph of a plan on images, to see between which numbers lies what will be bytes. (Narrower ranges, which cut off
 * rare large numbers, gave no better classes on VOC and CamVid.)
 *
 * @param graph with the input `image`, and the weights as inputs; its outputs are taken from it
 * @returns ranges by the name of the group's edge
 * @throws FcnError of the runtime, or where an image cannot be loaded
 */
export async function observe(
  graph: Graph,
  { groups, observed }: QuantizationPlan,
  weights: ReadonlyMap<string, Tensor<'float32'>>,
  images: AsyncIterable<Image>,
  runtime: Runtime,
  options: SessionOptions,
): Promise<Map<string, Range>> {
  graph.outputs.length = 0;
  const seen = [...observed].map((edge, index) => ({
    group: groups.groupOf(edge).name,
    low: extreme(graph, edge, 'ReduceMin', `low${index}`),
    high: extreme(graph, edge, 'ReduceMax', `high${index}`),
  }));
  const results = Object.fromEntries(seen.flatMap(({ low, high }) => [low, high]));
  const ranges = new Map<string, Range>();
  const session = await runtime.createSession(encodeModel(graph, 'calibration'), options);
  try {
    for await (const image of images) {
      await session.run({ ...Object.fromEntries(weights), image: pixelTensor(image) }, results);
      for (const { group, low, high } of seen) {
        const known = ranges.get(group) ?? { low: 0, high: 0 };
        ranges.set(group, {
          low: Math.min(known.low, low[1].data[0]!),
          high: Math.max(known.high, high[1].data[0]!),
        });
      }
    }
    return ranges;
  } finally {
    await session.release();
  }
}

/** Makes the least or greatest number of an edge a result. @returns its name, and where it will be written */
function extreme(graph: Graph, edge: Edge, op: 'ReduceMin' | 'ReduceMax', name: string) {
  graph.output(name, graph.emit(op, [edge], { keepdims: 0 }), 'float32', []);
  return [name, allocate('float32', [])] as const;
}
