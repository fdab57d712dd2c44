import { allocate } from '../../base/tensor.ts';
import { encodeModel } from '../graph/encode.ts';
import { Graph, type Value } from '../graph/graph.ts';
import type { Runtime } from '../runtimes/session.ts';

/** Of the maps that are measured, one behind the other: like those of a small network. */
const [channels, side, layers] = [64, 64, 2];
const runs = 3;

/**
 * The shortest time of a few convolutions on a runtime, in milliseconds, once all is compiled.
 * @param enough a time above which it need not be known any better: graphics processors that software imitates take seconds
 */
export async function measureDevice(
  runtime: Runtime,
  threads: number,
  enough = Number.POSITIVE_INFINITY,
): Promise<number> {
  const graph = new Graph();
  const kernel = [channels, channels, 3, 3];
  const x = graph.input('x', 'float32', [1, channels, side, side]);
  const w = graph.input('w', 'float32', kernel);
  let y: Value = x;
  for (let layer = 0; layer < layers; layer++) {
    y = graph.emitValue('Conv', [y, w], { pads: [1, 1, 1, 1] }, 'float32', x.shape);
  }
  graph.output('y', y, 'float32', y.shape);
  const session = await runtime.createSession(encodeModel(graph, 'a few convolutions'), { threads });
  try {
    const map = allocate('float32', [1, channels, side, side]);
    const inputs = { x: map, w: allocate('float32', kernel) };
    const outputs = { y: allocate('float32', map.shape) };
    let shortest = Number.POSITIVE_INFINITY;
    for (let run = 0; run <= runs && (run < 2 || shortest < enough); run++) {
      const started = performance.now();
      await session.run(inputs, outputs);
      if (run > 0) shortest = Math.min(shortest, performance.now() - started);
    }
    return shortest;
  } finally {
    await session.release();
  }
}
