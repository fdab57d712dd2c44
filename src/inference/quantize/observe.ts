import { inputError } from '../../base/errors.ts';
import { random } from '../../base/rng.ts';
import { allocate, type Tensor } from '../../base/tensor.ts';
import { pixelTensor } from '../../data/batches/batch.ts';
import type { Image } from '../../data/images/image.ts';
import { encodeModel } from '../../engine/graph/encode.ts';
import type { Edge, Graph } from '../../engine/graph/graph.ts';
import type { QuantizationPlan } from '../../engine/rewrites/eight-bits/plan.ts';
import type { Runtime, SessionOptions } from '../../engine/runtimes/session.ts';
import type { Observation } from './ranges.ts';

/** Numbers of each edge that are kept of each image. */
const drawnNumbers = 4096;

/**
 * Runs the graph of a plan on images, to see what numbers its edges take that will be bytes.
 *
 * @param graph with the input `image`, and the weights as inputs; its outputs are taken from it
 * @returns by the name of the group's edge
 * @throws FcnError of the runtime, where an image cannot be loaded, or where numbers are not finite
 */
export async function observe(
  graph: Graph,
  { groups, observed }: QuantizationPlan,
  weights: ReadonlyMap<string, Tensor<'float32'>>,
  images: AsyncIterable<Image>,
  runtime: Runtime,
  options: SessionOptions,
): Promise<Map<string, Observation>> {
  graph.outputs.length = 0;
  const stream = random(0, 'calibration');
  const places = graph.int64(Array.from({ length: drawnNumbers }, () => stream.integer(2 ** 31)));
  const seen = [...observed].map((edge, index) => ({
    group: groups.groupOf(edge).name,
    low: extreme(graph, edge, 'ReduceMin', `low${index}`),
    high: extreme(graph, edge, 'ReduceMax', `high${index}`),
    drawn: draw(graph, edge, places, `drawn${index}`),
  }));
  const results = Object.fromEntries(seen.flatMap(({ low, high, drawn }) => [low, high, drawn]));
  const found = new Map<string, { low: number; high: number; drawn: Float32Array[] }>();
  const session = await runtime.createSession(encodeModel(graph, 'calibration'), options);
  try {
    for await (const image of images) {
      await session.run({ ...Object.fromEntries(weights), image: pixelTensor(image) }, results);
      for (const { group, low, high, drawn } of seen) {
        const known = found.get(group) ?? { low: 0, high: 0, drawn: [] };
        found.set(group, {
          low: Math.min(known.low, low[1].data[0]!),
          high: Math.max(known.high, high[1].data[0]!),
          drawn: [...known.drawn, drawn[1].data.slice()],
        });
      }
    }
  } finally {
    await session.release();
  }
  const entries = [...found].map(([group, { low, high, drawn }]) => {
    checkFinite(low, high);
    return [group, { low, high, drawn: concatenated(drawn).sort() }] as const;
  });
  return new Map(entries);
}

/** Makes the least or greatest number of an edge a result. @returns its name, and where it will be written */
function extreme(graph: Graph, edge: Edge, op: 'ReduceMin' | 'ReduceMax', name: string) {
  graph.output(name, graph.emit(op, [edge], { keepdims: 0 }), 'float32', []);
  return [name, allocate('float32', [])] as const;
}

/** Makes numbers of an edge a result, from places that are taken modulo its size. @returns as `extreme` */
function draw(graph: Graph, edge: Edge, places: Edge, name: string) {
  const inside = graph.emit('Mod', [places, graph.emit('Size', [edge])]);
  const drawn = graph.emit('Gather', [graph.reshape(edge, [-1]), inside]);
  graph.output(name, drawn, 'float32', [drawnNumbers]);
  return [name, allocate('float32', [drawnNumbers])] as const;
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.length * drawnNumbers);
  parts.forEach((part, index) => {
    whole.set(part, index * drawnNumbers);
  });
  return whole;
}

function checkFinite(low: number, high: number): void {
  if (Number.isFinite(high - low)) return;
  throw inputError(
    `calibration: got numbers from ${low} to ${high} in a layer, expected finite ones; the weights are damaged, or their ` +
      'training diverged',
  );
}
