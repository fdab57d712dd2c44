import type { Tensor } from '../../base/tensor.ts';
import { encodeModel, encodeWithoutContent } from '../../engine/graph/encode.ts';
import { Graph } from '../../engine/graph/graph.ts';
import { ConvolutionForward } from '../../engine/operators/convolution-meaning.ts';
import type { Parts } from '../../engine/rewrites/parts.ts';
import { type Plan, rewriteFinished, rewriteForward } from '../../engine/rewrites/plan.ts';
import { isWinogradSize } from '../../engine/rewrites/winograd/winograd.ts';
import type { NamedTensors } from '../../engine/runtimes/session.ts';
import { type Architecture, buildNetwork, channelCount } from '../network.ts';
import { defaultPlans } from '../plans.ts';

export interface InferenceOptions {
  readonly batchSize?: number;
  readonly plan?: Plan;
}

/**
 * The graph that predicts: `image` float32 [N, C, height, width] (preprocessed, any size) and the parameters go in,
 * `scores` float32 [N, classes, height, width] come out; those of further heads as `scores_NAME`.
 */
export function compileInference(architecture: Architecture, options: InferenceOptions = {}): Uint8Array {
  const { graph } = buildInference(architecture, options);
  return encodeModel(graph, nameOf(architecture));
}

/** As `compileInference`, and the parameters that the graph takes in parts. */
export function compileInferenceInParts(
  architecture: Architecture,
  options: InferenceOptions,
): { readonly model: Uint8Array; readonly parts: Parts } {
  const { graph, parts } = buildInference(architecture, options);
  return { model: encodeModel(graph, nameOf(architecture)), parts };
}

/** A graph whose parameters are constants, but for those of `inputs`. */
export interface PackedInference {
  readonly model: Uint8Array;
  /** What its session needs as `constants`, and at each run. */
  readonly constants: NamedTensors;
  readonly inputs: NamedTensors;
}

/**
 * Elements of the largest parameters that are packed: what the runtime makes of them is there besides them, and the factors of
 * Winograd's algorithm are four times as many. (VGG-16: conv1 to conv3.)
 */
export const mostPacked = 2 ** 20;

/** As `compileInference`, for weights that stay as they are: the runtime can pack and transform them once. */
export function compilePackedInference(
  architecture: Architecture,
  weights: ReadonlyMap<string, Tensor<'float32'>>,
  options: InferenceOptions = {},
): PackedInference {
  const { graph, parameters } = buildInference(architecture, options);
  const inputs: Record<string, Tensor> = {};
  for (const { name, value } of parameters) {
    const tensor = weights.get(name)!;
    if (tensor.data.length > mostPacked) inputs[name] = tensor;
    else graph.initialize(value, tensor);
  }
  return {
    model: encodeWithoutContent(graph, nameOf(architecture)),
    constants: Object.fromEntries(graph.initializers),
    inputs,
  };
}

function buildInference(
  architecture: Architecture,
  { batchSize = 1, plan = defaultPlans.inference }: InferenceOptions,
) {
  const graph = new Graph();
  const image = graph.input('image', 'float32', [batchSize, channelCount(architecture), 'height', 'width']);
  const { heads, parameters } = buildNetwork(graph, architecture, image);
  const parts = rewriteForward(graph, plan);
  for (const { scores, suffix } of heads) graph.output(`scores${suffix}`, scores, 'float32', scores.shape);
  rewriteFinished(graph, plan);
  return { graph, parameters, parts };
}

function nameOf({ model }: Architecture): string {
  return `${model} inference`;
}

/** The places of the convolutions that Winograd's algorithm can compute, and so a plan decides about. */
export function winogradPlaces(architecture: Architecture): string[] {
  const graph = new Graph();
  const shape = [1, channelCount(architecture), 'height', 'width'];
  buildNetwork(graph, architecture, graph.input('image', 'float32', shape));
  const places = graph.nodes
    .filter(({ meaning }) => meaning instanceof ConvolutionForward && isWinogradSize(meaning.size))
    .map(({ place }) => place);
  return [...new Set(places)];
}
