import type { Graph, Value } from '../engine/graph/graph.ts';
import { add, scale } from '../engine/operators/arithmetic.ts';
import { crop } from '../engine/operators/crop.ts';
import { croppedDeconvolution } from '../engine/operators/cropped-deconvolution.ts';
import { deconvolution } from '../engine/operators/deconvolution.ts';
import { enlarge } from '../engine/operators/enlarge.ts';
import { repeatBorder } from '../engine/operators/repeat-border.ts';
import { Construction, type Parameter } from '../engine/parameters/parameter.ts';
import {
  alignmentAfterDeconvolution,
  alignmentOfExtended,
  cropOffset,
  deconvolutionKernel,
  imageAlignment,
} from './alignment.ts';
import { backboneOf } from './backbones/backbones.ts';
import { convolutionLayer } from './backbones/layers.ts';
import { farFieldOf } from './far-field.ts';
import { buildFeatures, convolve, type FeatureMap, type FeatureOptions } from './features.ts';
import type { ModelConfig } from './model-config.ts';
import { type Head, type ModelName, partsOf } from './model-names.ts';
import { buildPaddedFeatures } from './padded-features.ts';
import { minimumSize } from './sizes.ts';

export interface Network {
  /** Scores of every class at every pixel, at the size of the image: [N, classes, H, W]. */
  readonly scores: Value;
  readonly parameters: readonly Parameter[];
}

/** What decides the shape of a network. */
export type Architecture = Pick<ModelConfig, 'model' | 'numClasses' | 'width' | 'deconvolution'>;

type NetworkOptions = Omit<FeatureOptions, 'width'>;

/** What each head reads besides the last features, coarse to fine, and the factors applied there. */
const skipFactors: Record<Head, { stride16?: number; stride8?: number }> = {
  fcn32s: {},
  fcn16s: { stride16: 1 },
  fcn8s: { stride16: 1, stride8: 1 },
  'fcn8s-atonce': { stride16: 0.01, stride8: 0.0001 },
};

/** The factor by which a network scales what a score layer reads, 1 for layers other than those of the skips. */
export function skipFactor(model: ModelName, layer: string): number {
  const { stride16 = 1, stride8 = 1 } = skipFactors[partsOf(model).head];
  const { skips } = backboneOf(model);
  if (layer === `score_${skips?.stride16}`) return stride16;
  return layer === `score_${skips?.stride8}` ? stride8 : 1;
}

/**
 * Emits FCN-32s, 16s or 8s (Long et al. 2015, figure 3; layers and offsets of the reference implementation). Kernels and
 * offsets that depend on the backbone follow from its arithmetic (alignment.ts).
 *
 * @param image float32 [N, 3, height, width], preprocessed
 */
export function buildNetwork(
  graph: Graph,
  architecture: Architecture,
  image: Value,
  options: NetworkOptions = {},
): Network {
  const { model, numClasses, width, deconvolution: deconvolutions } = architecture;
  const { layers, skips, margin } = backboneOf(model);
  const construction = new Construction(graph);

  const score = (x: FeatureMap, name: string) =>
    graph.within(name, () =>
      convolve(construction, x, convolutionLayer(name, numClasses, 1, { initialization: 'zero' })),
    );
  /** Upsamples scores by a factor, so that their pixels fall on those of `reference`; to the image, cropped to its size. */
  const upsample = (scores: FeatureMap, name: string, factor: number, reference: FeatureMap): FeatureMap => {
    const x = margin === 'repeated-border' ? extended(scores) : scores;
    const kernel = deconvolutionKernel(factor, x.at, reference.at);
    const shape = [numClasses, numClasses, kernel, kernel];
    const isFinal = reference === whole;
    const learned = deconvolutions === 'learned' || (deconvolutions === 'final-fixed' && !isFinal);
    const w = construction.parameter(`${name}.weight`, shape, 'bilinear', learned);
    const at = alignmentAfterDeconvolution(kernel, factor, x.at);
    if (!isFinal) return { value: deconvolution(graph, x.value, w, { stride: factor }), at };
    const offset = cropOffset(at, whole.at);
    const value = croppedDeconvolution(graph, x.value, w, { stride: factor, offset, reference: whole.value });
    return { value, at: whole.at };
  };
  const extended = (x: FeatureMap): FeatureMap => ({
    value: repeatBorder(graph, x.value, { before: 1, after: 1 }),
    at: alignmentOfExtended(x.at, 1),
  });
  const cropTo = (x: FeatureMap, reference: FeatureMap): FeatureMap => ({
    value: crop(graph, x.value, reference.value, { offset: cropOffset(x.at, reference.at) }),
    at: reference.at,
  });
  /** Adds the scores of a finer layer to those of a coarser one. The map that reaches farther is cropped to the other. */
  const fuse = (coarse: FeatureMap, fine: FeatureMap, name: string, factor: number): FeatureMap => {
    const scaled = factor === 1 ? fine : { ...fine, value: scale(graph, fine.value, factor) };
    const skip = score(scaled, name);
    const [a, b] =
      cropOffset(skip.at, coarse.at) >= 0 ? [coarse, cropTo(skip, coarse)] : [cropTo(coarse, skip), skip];
    return { value: add(graph, a.value, b.value), at: a.at };
  };

  const whole: FeatureMap = { value: image, at: imageAlignment };
  const least = minimumSize(layers);
  const start = least > 1 ? { value: enlarge(graph, image, least), at: imageAlignment } : whole;
  const farField = farFieldOf(layers);
  const { last, byLayer } = farField
    ? buildPaddedFeatures(construction, farField, image, { ...options, width })
    : buildFeatures(construction, layers, start, { ...options, width });

  const { stride16, stride8 } = skipFactors[partsOf(model).head];
  let fused = score(last, 'score_fr');
  if (stride16 === undefined) {
    fused = upsample(fused, 'upscore', 32, whole);
  } else {
    const fine16 = byLayer.get(skips!.stride16)!;
    fused = upsample(fused, 'upscore2', 2, fine16);
    fused = fuse(fused, fine16, `score_${skips!.stride16}`, stride16);
    if (stride8 === undefined) {
      fused = upsample(fused, 'upscore16', 16, whole);
    } else {
      const fine8 = byLayer.get(skips!.stride8)!;
      fused = upsample(fused, `upscore_${skips!.stride16}`, 2, fine8);
      fused = fuse(fused, fine8, `score_${skips!.stride8}`, stride8);
      fused = upsample(fused, 'upscore8', 8, whole);
    }
  }
  return { scores: fused.value, parameters: construction.parameters };
}
