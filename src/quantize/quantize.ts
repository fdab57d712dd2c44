import { buildExport, type ExportOptions, encodeExport } from '../compile/export.ts';
import type { ModelConfig } from '../config/model-config.ts';
import { inputError } from '../errors.ts';
import type { Edge, Graph } from '../graph/graph.ts';
import type { RgbImage } from '../images/image.ts';
import { backboneOf } from '../models/backbones.ts';
import { convolutionsOf } from '../models/layers.ts';
import type { Runtime, SessionOptions } from '../runtime/session.ts';
import type { Model } from '../weights/model.ts';
import { affineOf, type Range } from './affine.ts';
import { observe } from './observe.ts';
import { planQuantization, type QuantizationPlan } from './plan.ts';
import { quantizeGraph } from './quantize-graph.ts';

export type QuantizeOptions = ExportOptions & SessionOptions;

/**
 * The network as an ONNX file, as `compileExport` makes it, whose backbone computes with 8-bit integers; its heads, a small
 * part of the arithmetic, keep float32, as does everything that is done with scores.
 *
 * @param images what the ranges of the activations are taken from: some of those that the network was trained on
 * @returns the file in parts
 * @throws FcnError of the runtime, or where an image cannot be loaded
 */
export async function quantize(
  { config, weights }: Model,
  images: AsyncIterable<RgbImage>,
  runtime: Runtime,
  options: QuantizeOptions,
): Promise<Uint8Array[]> {
  const float = buildExport(config, options).graph;
  const ranges = await observe(float, planOf(float, config), weights, images, runtime, options);
  for (const range of ranges.values()) checkFinite(range);

  const { graph, parameters } = buildExport(config, options);
  const affine = ({ name }: Edge) => affineOf(ranges.get(name)!);
  quantizeGraph(graph, planOf(graph, config), weights, affine);
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
  const names = convolutionsOf(backboneOf(model).layers).map(({ name }) => `${name}.weight`);
  return planQuantization(graph, new Set(names));
}
