import { inputError } from '../../base/errors.ts';
import type { Image } from '../../data/images/image.ts';
import type { Edge, Graph } from '../../engine/graph/graph.ts';
import { affineOf, type Range } from '../../engine/rewrites/eight-bits/affine.ts';
import type { WeightBits } from '../../engine/rewrites/eight-bits/layer-weights.ts';
import type { Pixels } from '../../engine/rewrites/eight-bits/pixels.ts';
import { planQuantization, type QuantizationPlan } from '../../engine/rewrites/eight-bits/plan.ts';
import { quantizeGraph } from '../../engine/rewrites/eight-bits/quantize-graph.ts';
import type { Runtime, SessionOptions } from '../../engine/runtimes/session.ts';
import { convolutionsOf } from '../../networks/backbones/layers.ts';
import { deeplabMapLayers } from '../../networks/deeplab.ts';
import { foldNormalization } from '../../networks/fold-normalization.ts';
import { buildExport, type ExportOptions, encodeExport } from '../../networks/graphs/export.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { partsOf } from '../../networks/model-names.ts';
import { predictingLayers } from '../../networks/streams.ts';
import { weightBitsKey } from '../../weights/exported-weight-bits.ts';
import type { Model } from '../../weights/model.ts';
import { exactWeightBits } from '../exact-bits.ts';
import { changedBy, referencesOf } from './changed-classes.ts';
import { type Choice, type ChoiceOptions, choose, type Trial } from './choose.ts';
import { observe } from './observe.ts';
import { rangeOf } from './ranges.ts';

export type QuantizeOptions = ExportOptions &
  SessionOptions &
  ChoiceOptions & {
    /** Of each weight; default: as many as this processor computes without overflows, 7 or 8. */
    readonly weightBits?: WeightBits | undefined;
    /** Is told how many ways to quantize were tried. */
    readonly onTrial?: ((tried: number) => void) | undefined;
  };

export interface Quantization {
  /** The file in parts. */
  readonly parts: Uint8Array[];
  readonly weightBits: WeightBits;
  readonly choice: Choice;
  /** What was tried to choose; the choice is the last one. */
  readonly trials: readonly Trial[];
}

/** Every so manieth image, up to so many, is one on which choices are tried. */
const trialImages = { every: 2, most: 16 };

/**
 * The network as an ONNX file, as `compileExport` makes it, whose backbone, and DeepLab's layers behind it, compute with 8-bit integers; scores, a small
 * part of the arithmetic, keep float32, as does everything that is done with them.
 *
 * @param images what the ranges of the activations are taken from: some of those that the network was trained on
 * @throws FcnError of the runtime, for a layer that there is not, or where an image cannot be loaded
 */
export async function quantize(
  model: Model,
  images: AsyncIterable<Image>,
  runtime: Runtime,
  options: QuantizeOptions,
): Promise<Quantization> {
  const { config } = model;
  const weights = foldNormalization(predictingLayers(config), model.weights);
  const layers = layersOf(config);
  checkLayers(options.floatLayers, layers);
  const weightBits = options.weightBits ?? (await exactWeightBits(runtime));
  const kept: Image[] = [];
  const float = buildExport(config, options).graph;
  const seen = keeping(images, kept);
  const observations = await observe(float, planOf(float, layers), weights, seen, runtime, options);

  const write = ({ calibration, floatLayers }: Choice): Uint8Array[] => {
    const { graph, parameters, pixels } = buildExport(config, options);
    const { groups: allGroups } = planOf(graph, layers);
    const plan = planOf(
      graph,
      layers.filter((layer) => !floatLayers.includes(layer)),
      pixels,
    );
    const affine = (group: Edge) => {
      const edges = [...plan.observed].filter((edge) => plan.groups.groupOf(edge) === group);
      const names = new Set(edges.map((edge) => allGroups.groupOf(edge).name));
      return affineOf(union([...names].map((name) => rangeOf(observations.get(name)!, calibration))));
    };
    quantizeGraph(graph, plan, weights, affine, weightBits);
    for (const { name, value } of parameters) {
      if (graph.inputs.includes(value)) graph.initialize(value, weights.get(name)!);
    }
    return encodeExport(graph, config, { [weightBitsKey]: `${weightBits}` });
  };
  const { calibration, floatLayers } = options;
  if (calibration && floatLayers) {
    const choice = { calibration, floatLayers };
    return { parts: write(choice), weightBits, choice, trials: [] };
  }
  const references = await referencesOf(model, kept, runtime, options);
  let tried = 0;
  const trials = await choose(layers, { calibration, floatLayers }, async (choice) => {
    const changed = await changedBy(Buffer.concat(write(choice)), references, runtime, options);
    options.onTrial?.(++tried);
    return changed;
  });
  const choice = trials.at(-1)!;
  return { parts: write(choice), weightBits, choice, trials };
}

/** The layers that can compute with bytes. */
function layersOf(config: ModelConfig): string[] {
  const ofHead = partsOf(config.model).head === 'deeplabv3' ? deeplabMapLayers : [];
  return [...convolutionsOf(predictingLayers(config)).map(({ name }) => name), ...ofHead];
}

function checkLayers(given: readonly string[] | undefined, layers: readonly string[]): void {
  const unknown = given?.find((layer) => !layers.includes(layer));
  if (unknown === undefined) return;
  throw inputError(`float layers: got ${unknown}, expected none or some of ${layers.join(', ')}`);
}

function planOf(graph: Graph, layers: readonly string[], pixels?: Pixels): QuantizationPlan {
  return planQuantization(graph, new Set(layers.map((name) => `${name}.weight`)), pixels);
}

/** Passes images on, and keeps some. */
async function* keeping(images: AsyncIterable<Image>, kept: Image[]): AsyncGenerator<Image> {
  let count = 0;
  for await (const image of images) {
    if (count++ % trialImages.every === 0 && kept.length < trialImages.most) kept.push(image);
    yield image;
  }
}

function union(ranges: readonly Range[]): Range {
  return {
    low: Math.min(...ranges.map(({ low }) => low)),
    high: Math.max(...ranges.map(({ high }) => high)),
  };
}
