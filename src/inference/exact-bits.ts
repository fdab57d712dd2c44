import { allocate, tensorOf } from '../base/tensor.ts';
import { encodeModel } from '../engine/graph/encode.ts';
import { Graph } from '../engine/graph/graph.ts';
import { convolution } from '../engine/operators/convolution.ts';
import type { WeightBits } from '../engine/rewrites/eight-bits/layer-weights.ts';
import { planQuantization } from '../engine/rewrites/eight-bits/plan.ts';
import { quantizeGraph } from '../engine/rewrites/eight-bits/quantize-graph.ts';
import type { Runtime } from '../engine/runtimes/session.ts';

const channels = 64;
const largestByte = 255;
const largestWeight = 127;

/** What is known of runtimes, as this processor does not change. */
const known = new WeakMap<Runtime, Promise<WeightBits>>();

/**
 * How many bits weights can have so that a runtime's integer sums are right on this processor. It computes a convolution of the
 * largest bytes and weights: without the instructions for that (VNNI, or the dot products of Arm) pairs of products are added in
 * 16 bits, which eight bits overflow.
 */
export function exactWeightBits(runtime: Runtime): Promise<WeightBits> {
  const bits = known.get(runtime) ?? measureExactBits(runtime);
  known.set(runtime, bits);
  return bits;
}

async function measureExactBits(runtime: Runtime): Promise<WeightBits> {
  const graph = new Graph();
  const size = [1, channels, 8, 8] as const;
  const x = graph.input('x', 'float32', size);
  const weight = graph.input('layer.weight', 'float32', [channels, channels, 1, 1]);
  const bias = graph.input('layer.bias', 'float32', [channels]);
  const y = convolution(graph, x, weight, bias, { pad: 0 });
  graph.output('y', graph.emit('Mul', [y, graph.float32([1])]), 'float32', size);
  const plan = planQuantization(graph, new Set([weight.name]));
  const expected = channels * largestByte * largestWeight;
  const weights = new Map([
    [weight.name, tensorOf('float32', weight.shape as number[], Array(channels ** 2).fill(largestWeight))],
    [bias.name, tensorOf('float32', [channels], Array(channels).fill(0))],
  ]);
  const input = plan.groups.groupOf(x);
  const scaleOf = (isInput: boolean) => (isInput ? 1 : expected / largestByte);
  quantizeGraph(graph, plan, weights, (edge) => ({ scale: scaleOf(edge === input), zeroPoint: 0 }), 8);
  const session = await runtime.createSession(encodeModel(graph, 'bits'), { threads: 1 });
  try {
    const image = allocate('float32', size);
    image.data.fill(largestByte);
    const result = allocate('float32', size);
    await session.run({ x: image }, { y: result });
    return result.data.every((value) => Math.abs(value / expected - 1) < 0.01) ? 8 : 7;
  } finally {
    await session.release();
  }
}
