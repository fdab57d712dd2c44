import type { Tensor } from '../../base/tensor.ts';
import { encodeModel, encodeWithoutContent } from '../../engine/graph/encode.ts';
import { Graph } from '../../engine/graph/graph.ts';
import { removeUnused } from '../../engine/graph/remove-unused.ts';
import { ConvolutionForward } from '../../engine/operators/convolution-meaning.ts';
import type { ConvolutionSize } from '../../engine/operators/convolution-size.ts';
import type { Parts } from '../../engine/rewrites/parts.ts';
import { type Plan, rewriteFinished, rewriteForward } from '../../engine/rewrites/plan.ts';
import { isLineSize, type KernelsByLines, useLines } from '../../engine/rewrites/winograd/lines.ts';
import { isWinogradSize } from '../../engine/rewrites/winograd/winograd.ts';
import type { NamedTensors } from '../../engine/runtimes/session.ts';
import { type Architecture, buildNetwork, channelCount, type NetworkOptions } from '../network.ts';
import { defaultPlans } from '../plans.ts';
import { type CoarseGrid, outputCoarse } from './coarse-output.ts';

export interface InferenceOptions {
  readonly batchSize?: number;
  readonly plan?: Plan;
  /** Whether the weights of a deconvolution, by their name, are bilinear and stay so; default: no. */
  readonly isBilinear?: NetworkOptions['isBilinear'];
  /** Whether scores that are interpolated come out before that (coarse-output.ts); default: no. */
  readonly coarse?: boolean;
}

/**
 * The graph that predicts: `image` float32 [N, C, height, width] (preprocessed, any size) and the parameters go in,
 * `scores` float32 [N, classes, height, width] come out; those of further heads as `scores_NAME`.
 */
export function compileInference(architecture: Architecture, options: InferenceOptions = {}): Uint8Array {
  return compileInferenceInParts(architecture, options).model;
}

/** A graph that predicts, and what has to be known of its outputs. */
export interface CompiledInference {
  readonly model: Uint8Array;
  /** Where the coarse scores of each head lie that the graph gives in place of its scores. */
  readonly grids: readonly (CoarseGrid | undefined)[];
}

/** As `compileInference`, and the parameters that the graph takes in parts. */
export function compileInferenceInParts(
  architecture: Architecture,
  options: InferenceOptions,
): CompiledInference & { readonly parts: Parts } {
  const { graph, parts, grids } = buildInference(architecture, options);
  return { model: encodeModel(graph, nameOf(architecture)), parts, grids };
}

/** A graph whose parameters are constants, but for those of `inputs`. */
export interface PackedInference extends CompiledInference {
  /** What its session needs as `constants`, and at each run. */
  readonly constants: NamedTensors;
  readonly inputs: NamedTensors;
  /** What it needs at each run besides: these kernels, by `kernelsByLines`. */
  readonly lines: readonly KernelsByLines[];
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
  const { graph, parameters, grids, lines } = buildInference(architecture, { ...options, isFixed: true });
  const inputs: Record<string, Tensor> = {};
  const used = new Set(graph.nodes.flatMap((node) => node.inputs));
  const byLines = new Set(lines.map(({ of }) => of));
  for (const { name, value } of parameters) {
    if (byLines.has(name)) continue;
    const tensor = weights.get(name)!;
    // ONNX Runtime drops a constant that no node reads, and then cannot find it.
    if (tensor.data.length > mostPacked || !used.has(value)) inputs[name] = tensor;
    else graph.initialize(value, tensor);
  }
  return {
    model: encodeWithoutContent(graph, nameOf(architecture)),
    constants: Object.fromEntries(graph.initializers),
    inputs,
    grids,
    lines,
  };
}

function buildInference(
  architecture: Architecture,
  options: InferenceOptions & { /** Whether the weights stay as they are. */ readonly isFixed?: boolean },
) {
  const {
    batchSize = 1,
    plan = defaultPlans.inference,
    isBilinear,
    coarse: asked = false,
    isFixed,
  } = options;
  const graph = new Graph();
  const image = graph.input('image', 'float32', [batchSize, channelCount(architecture), 'height', 'width']);
  const { heads, parameters } = buildNetwork(graph, architecture, image, isBilinear ? { isBilinear } : {});
  const parts = rewriteForward(graph, plan);
  const lines = isFixed && plan.lines ? useLines(graph) : [];
  const isCoarse = asked && heads.every(({ coarse }) => coarse);
  const grids = heads.map(({ scores, coarse, suffix }) => {
    const name = `scores${suffix}`;
    if (isCoarse && coarse) return outputCoarse(graph, name, coarse, image);
    graph.output(name, scores, 'float32', scores.shape);
    return undefined;
  });
  rewriteFinished(graph, plan);
  if (isCoarse) removeUnused(graph);
  return { graph, parameters, parts, grids, lines };
}

function nameOf({ model }: Architecture): string {
  return `${model} inference`;
}

/** The places of the convolutions that Winograd's algorithm can compute in tiles, and so a plan decides about. */
export function winogradPlaces(architecture: Architecture): string[] {
  return convolutionPlaces(architecture, isWinogradSize);
}

/** The places of those that can be computed by lines. */
export function linePlaces(architecture: Architecture): string[] {
  return convolutionPlaces(architecture, isLineSize);
}

function convolutionPlaces(architecture: Architecture, fits: (size: ConvolutionSize) => boolean): string[] {
  const graph = new Graph();
  const shape = [1, channelCount(architecture), 'height', 'width'];
  buildNetwork(graph, architecture, graph.input('image', 'float32', shape));
  const places = graph.nodes
    .filter(({ meaning }) => meaning instanceof ConvolutionForward && fits(meaning.size))
    .map(({ place }) => place);
  return [...new Set(places)];
}
