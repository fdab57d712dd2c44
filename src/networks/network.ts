import type { Graph, Value } from '../engine/graph/graph.ts';
import { scale } from '../engine/operators/arithmetic.ts';
import { enlarge } from '../engine/operators/enlarge.ts';
import { resizeBilinear } from '../engine/operators/resize-bilinear.ts';
import { zeroFirstChannel } from '../engine/operators/zero-channel.ts';
import { Construction, type Parameter, type RunningAverage } from '../engine/parameters/parameter.ts';
import { addAligned, withRepeatedBorder } from './aligned-maps.ts';
import { imageAlignment } from './alignment.ts';
import { backboneOf } from './backbones/backbones.ts';
import { deeplabScores } from './deeplab.ts';
import { farFieldOf } from './far-field.ts';
import { buildFeatures, type FeatureMap, type FeatureOptions, type Features } from './features.ts';
import type { ModelConfig } from './model-config.ts';
import { partsOf } from './model-names.ts';
import { buildPaddedFeatures } from './padded-features.ts';
import { score, upsample, upsampleToImage } from './scoring.ts';
import { minimumSize } from './sizes.ts';
import { skipsOf } from './skips.ts';

export interface Network {
  /** Scores of every class at every pixel, at the size of the image: [N, classes, H, W]. */
  readonly scores: Value;
  /** Those of its auxiliary head, where it has one and is asked for it. */
  readonly auxiliary: Value | undefined;
  readonly parameters: readonly Parameter[];
  readonly averages: readonly RunningAverage[];
}

/** What decides the shape of a network. */
export type Architecture = Pick<
  ModelConfig,
  'model' | 'numClasses' | 'width' | 'deconvolution' | 'auxiliary' | 'background'
>;

export interface NetworkOptions extends Omit<FeatureOptions, 'width'> {
  /** Whether the auxiliary head is emitted where the network has one; default: no. */
  readonly auxiliary?: boolean;
}

/**
 * Emits FCN-32s, 16s or 8s (Long et al. 2015, figure 3; layers and offsets of the reference implementation). Kernels and
 * offsets that depend on the backbone follow from its arithmetic (alignment.ts). Or torchvision's FCN, whose scores are enlarged to
 * the image at once (models/segmentation/_utils.py), or DeepLabv3 (deeplab.ts).
 *
 * @param image float32 [N, 3, height, width], preprocessed
 */
export function buildNetwork(
  graph: Graph,
  architecture: Architecture,
  image: Value,
  options: NetworkOptions = {},
): Network {
  const { model, numClasses, deconvolution } = architecture;
  const construction = new Construction(graph);
  const whole: FeatureMap = { value: image, at: imageAlignment };
  const { last, byLayer } = buildBackbone(construction, architecture, whole, options);
  const { margin, auxiliary: second } = backboneOf(model);
  const isZero = architecture.background === 'zero';
  const withBackground = (scores: Value) => (isZero ? zeroFirstChannel(graph, scores) : scores);
  const finished = (own: Value, second?: Value): Network => {
    const scores = withBackground(own);
    const auxiliary = second && withBackground(second);
    return { scores, auxiliary, parameters: construction.parameters, averages: construction.averages };
  };
  if (partsOf(model).head === 'deeplabv3') {
    return finished(deeplabScores(construction, architecture, last, image));
  }
  if (margin === 'resized') {
    const enlarged = (features: FeatureMap, name: string) =>
      resizeBilinear(graph, score(construction, features, name, numClasses).value, image);
    const scores = enlarged(last, 'score_fr');
    if (!(second && architecture.auxiliary && options.auxiliary)) return finished(scores);
    const { width } = architecture;
    const read = byLayer.get(second.reads)!;
    const features = buildFeatures(construction, second.layers, read, { ...options, width });
    return finished(scores, enlarged(features.last, 'score_aux'));
  }
  const withMargin = (scores: FeatureMap) =>
    margin === 'repeated-border' ? withRepeatedBorder(graph, scores) : scores;

  let scores = score(construction, last, 'score_fr', numClasses);
  for (const { layer, factor, upsampling } of skipsOf(model)) {
    const fine = byLayer.get(layer)!;
    const twice = { name: upsampling, factor: 2, learned: deconvolution !== 'fixed' };
    const coarse = upsample(construction, withMargin(scores), twice, fine);
    const skip = score(construction, scaled(graph, fine, factor), `score_${layer}`, numClasses);
    scores = addAligned(graph, coarse, skip);
  }
  const { stride } = scores.at;
  const name = stride === 32 ? 'upscore' : `upscore${stride}`;
  const final = { name, factor: stride, learned: deconvolution === 'learned' };
  const { value } = upsampleToImage(construction, withMargin(scores), final, whole);
  return finished(value);
}

/** Emits the backbone. Images that are too small for its windows are first enlarged by zeros. */
function buildBackbone(
  construction: Construction,
  { model, width }: Architecture,
  image: FeatureMap,
  options: NetworkOptions,
): Features {
  const { graph } = construction;
  const { layers } = backboneOf(model);
  const farField = farFieldOf(layers);
  if (farField) return buildPaddedFeatures(construction, farField, image.value, { ...options, width });
  const least = minimumSize(layers);
  const start = least > 1 ? { value: enlarge(graph, image.value, least), at: image.at } : image;
  return buildFeatures(construction, layers, start, { ...options, width });
}

function scaled(graph: Graph, x: FeatureMap, factor: number): FeatureMap {
  return factor === 1 ? x : { value: scale(graph, x.value, factor), at: x.at };
}
