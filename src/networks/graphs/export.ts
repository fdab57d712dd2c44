import type { Tensor } from '../../base/tensor.ts';
import { encodeModelParts } from '../../engine/graph/encode.ts';
import { Graph } from '../../engine/graph/graph.ts';
import { removeUnused } from '../../engine/graph/remove-unused.ts';
import type { Parameter } from '../../engine/parameters/parameter.ts';
import type { Pixels } from '../../engine/rewrites/eight-bits/pixels.ts';
import { rewriteForward } from '../../engine/rewrites/plan.ts';
import { classesOfHeads, headsOf } from '../class-heads.ts';
import { foldNormalization } from '../fold-normalization.ts';
import type { ModelConfig } from '../model-config.ts';
import { buildNetwork } from '../network.ts';
import { exportPlan } from '../plans.ts';
import { predictingLayers } from '../streams.ts';
import { bestClasses } from './best-classes.ts';
import { preprocess, scalingOf } from './preprocessing.ts';

export interface ExportOptions {
  /** Also give the score of every class at every pixel. */
  readonly scores: boolean;
}

/** A network that takes an image as it is, before its weights are put in. */
export interface ExportGraph {
  readonly graph: Graph;
  /** Inputs of the graph, to be made initializers; see foldNormalization. */
  readonly parameters: readonly Parameter[];
  /** Where the numbers that the network takes are bytes times a factor, and an offset. */
  readonly pixels?: Pixels;
}

/**
 * The network as an ONNX file for other tools, with its weights, its preprocessing and its configuration (metadata key
 * `fcn`) inside. `image` uint8 [1, height, width, 3], RGB and of any size, goes in (of other networks as many channels as they take,
 * of 16 bits uint16); `classes` uint8 [1, height, width] comes out (of equal scores the lowest class), and if wanted `scores` float32
 * [1, C, height, width]; those of further heads as `classes_NAME` and `scores_NAME`.
 *
 * Classes are bytes, not the int64 of ArgMax: a class map is an image of one channel, which every image library and a
 * canvas take as it is, and there are never more than 255 classes.
 * @returns the file in parts; the weights are where they are, and must not change before they are written.
 * @throws FcnError when the weights are larger than an ONNX file may be.
 */
export function compileExport(
  config: ModelConfig,
  weights: ReadonlyMap<string, Tensor<'float32'>>,
  options: ExportOptions,
): Uint8Array[] {
  const { graph, parameters } = buildExport(config, options);
  const folded = foldNormalization(predictingLayers(config), weights);
  for (const { name, value } of parameters) graph.initialize(value, folded.get(name)!);
  return encodeExport(graph, config);
}

/** The graph of `compileExport`, weights not yet in it. */
export function buildExport(config: ModelConfig, { scores: withScores }: ExportOptions): ExportGraph {
  const graph = new Graph();
  const { bits, channels } = config.input;
  const dtype = bits === 16 ? 'uint16' : 'uint8';
  const image = graph.input('image', dtype, [1, 'height', 'width', channels.length]);
  const numbers = preprocess(graph, image, config.input);
  const { heads, parameters } = buildNetwork(graph, config, numbers);
  rewriteForward(graph, exportPlan);
  for (const { scores, suffix } of heads) {
    graph.output(`classes${suffix}`, bestClasses(graph, scores), 'uint8', [1, 'height', 'width']);
    if (withScores) graph.output(`scores${suffix}`, scores, 'float32', scores.shape);
  }
  removeUnused(graph);
  const scaling = scalingOf(config.input);
  const isOfBytes = dtype === 'uint8' && !config.input.log;
  return { graph, parameters, ...(isOfBytes && { pixels: { image, numbers, ...scaling } }) };
}

/**
 * The file of a graph by `buildExport`, its weights inside.
 * @param metadata more of it
 * @throws as `compileExport`
 */
export function encodeExport(
  graph: Graph,
  config: ModelConfig,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const withScores = graph.outputs.some(({ name }) => name === 'scores');
  return encodeModelParts(graph, {
    name: config.model,
    text: describe(config, withScores),
    metadata: { fcn: JSON.stringify(config), ...metadata },
  });
}

function describe(config: ModelConfig, withScores: boolean): string {
  const classes = classesOfHeads(config);
  const outputs = headsOf(config).flatMap(({ suffix }, head) => [
    `classes${suffix}: the class of each pixel, of ${classes[head]!.map((name, i) => `${i} ${name}`).join(', ')}.`,
    ...(withScores ? [`scores${suffix}: the score of each class at each pixel, before softmax.`] : []),
  ]);
  return [
    `Semantic segmentation by ${config.model}.`,
    `image: ${pixelsInWords(config.input)}, any height and width; preprocessing is part of the graph.`,
    ...outputs,
  ].join('\n');
}

/** `RGB pixels`, `pixels of 4 channels (red, green, blue, depth in mm)`. */
function pixelsInWords({ channels, names }: ModelConfig['input']): string {
  if (typeof channels === 'string') return 'RGB pixels';
  return `pixels of ${channels.length} channels${names ? ` (${names.join(', ')})` : ''}`;
}
