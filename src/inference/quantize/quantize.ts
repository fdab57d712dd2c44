import { inputError } from '../../base/errors.ts';
import type { Image } from '../../data/images/image.ts';
import type { Edge, Graph } from '../../engine/graph/graph.ts';
import { affineOf, type Range } from '../../engine/rewrites/eight-bits/affine.ts';
import type { WeightBits } from '../../engine/rewrites/eight-bits/layer-weights.ts';
import { planQuantization, type QuantizationPlan } from '../../engine/rewrites/eight-bits/plan.ts';
import { quantizeGraph } from '../../engine/rewrites/eight-bits/quantize-graph.ts';
import type { Runtime, SessionOptions } from '../../engine/runtimes/session.ts';
import { backboneOf } from '../../networks/backbones/backbones.ts';
import { convolutionsOf } from '../../networks/backbones/layers.ts';
import { deeplabMapLayers } from '../../networks/deeplab.ts';
import { foldNormalization } from '../../networks/fold-normalization.ts';
import { buildExport, type ExportOptions, encodeExport } from '../../networks/graphs/export.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { partsOf } from '../../networks/model-names.ts';
import type { Model } from '../../weights/model.ts';
import { observe } from './observe.ts';

export type QuantizeOptions = ExportOptions &
  SessionOptions & {
    /**
     * Of each weight: 7, the default, is right on every processor; 8 is nearer to float32 in pages and on processors with VNNI
     * instructions, and cuts off sums on others.
     */
    readonly weightBits?: WeightBits | undefined;
  };

/**
 * The network as an ONNX file, as `compileExport` makes it, whose backbone, and DeepLab's layers behind it, compute with 8-bit integers; scores, a small
 * part of the arithmetic, keep float32, as does everything that is done with them.
 *
 * @param images what the ranges of the activations are taken from: some of those that the network was trained on
 * @returns the file in parts
 * @throws FcnError of the runtime, or where an image cannot be loaded
 */
export async function quantize(
  { config, weights: asSaved }: Model,
  images: AsyncIterable<Image>,
  runtime: Runtime,
  options: QuantizeOptions,
): Promise<Uint8Array[]> {
  const weights = foldNormalization(backboneOf(config.model).layers, asSaved);
  const float = buildExport(config, options).graph;
  const ranges = await observe(float, planOf(float, config), weights, images, runtime, options);
  for (const range of ranges.values()) checkFinite(range);

  const { graph, parameters } = buildExport(config, options);
  const affine = ({ name }: Edge) => affineOf(ranges.get(name)!);
  quantizeGraph(graph, planOf(graph, config), weights, affine, options.weightBits);
  for (const { name, value } of parameters) {
    if (graph.inputs.includes(value)) graph.initialize(value, weights.get(name)!);
  }
  return encodeExport(graph, config);
}

function checkFinite({ low, high }: Range): void {
  if (Number.isFinite(high - low)) return;
  throw inputError(
    `calibration: got numbers from ${low} to ${high} in a layer, expected finite ones; the weights are damaged, or their ` +
      'training diverged',
  );
}

function planOf(graph: Graph, { model }: ModelConfig): QuantizationPlan {
  const ofHead = partsOf(model).head === 'deeplabv3' ? deeplabMapLayers : [];
  const layers = [...convolutionsOf(backboneOf(model).layers).map(({ name }) => name), ...ofHead];
  return planQuantization(graph, new Set(layers.map((name) => `${name}.weight`)));
}
