import { encodeModel } from '../../engine/graph/encode.ts';
import { Graph } from '../../engine/graph/graph.ts';
import { type Plan, rewriteFinished, rewriteForward } from '../../engine/rewrites/plan.ts';
import { type Architecture, buildNetwork } from '../network.ts';
import { defaultPlan } from '../plans.ts';

/**
 * The graph that predicts: `image` float32 [N, 3, height, width] (preprocessed, any size) and the parameters go in,
 * `scores` float32 [N, classes, height, width] come out.
 */
export function compileInference(
  architecture: Architecture,
  { batchSize = 1, plan = defaultPlan }: { batchSize?: number; plan?: Plan } = {},
): Uint8Array {
  const graph = new Graph();
  const image = graph.input('image', 'float32', [batchSize, 3, 'height', 'width']);
  const { scores } = buildNetwork(graph, architecture, image);
  rewriteForward(graph, plan);
  graph.output('scores', scores, 'float32', scores.shape);
  rewriteFinished(graph, plan);
  return encodeModel(graph, `${architecture.model} inference`);
}
