import { fixed, type Graph, type Value } from '../engine/graph/graph.ts';
import { croppedDeconvolution } from '../engine/operators/cropped-deconvolution.ts';
import { deconvolution } from '../engine/operators/deconvolution.ts';
import { type Beyond, interpolate } from '../engine/operators/interpolate.ts';
import type { Construction } from '../engine/parameters/parameter.ts';
import { alignmentAfterDeconvolution, cropOffset, deconvolutionKernel } from './alignment.ts';
import { convolutionLayer } from './backbones/layers.ts';
import { convolve, type FeatureMap } from './features.ts';

/** The scores of all classes by the features at each pixel: a 1x1 convolution that starts at zero. */
export function score(
  construction: Construction,
  x: FeatureMap,
  name: string,
  numClasses: number,
): FeatureMap {
  const layer = convolutionLayer(name, numClasses, 1, { initialization: 'zero' });
  return construction.graph.within(name, () => convolve(construction, x, layer));
}

/** A deconvolution that starts bilinear. */
export interface Upsampling {
  readonly name: string;
  /** By which height and width grow. */
  readonly factor: number;
  /** False: it stays bilinear. */
  readonly learned: boolean;
}

/** Upsamples scores so that their pixels fall on those of `reference`, beyond which they may reach. */
export function upsample(
  construction: Construction,
  scores: FeatureMap,
  upsampling: Upsampling,
  reference: FeatureMap,
): FeatureMap {
  const { weight, at } = deconvolutionOnto(construction, scores, upsampling, reference);
  return {
    value: deconvolution(construction.graph, scores.value, weight, { stride: upsampling.factor }),
    at,
  };
}

/**
 * Upsamples scores to the image, cropped to its size: only the pixels of the image are computed.
 * @param isBilinear whether the weights are bilinear and stay so. The parameter is there all the same.
 */
export function upsampleToImage(
  construction: Construction,
  scores: FeatureMap,
  { isBilinear, ...upsampling }: Upsampling & { readonly isBilinear: boolean },
  image: FeatureMap,
): ImageScores {
  const { weight, at } = deconvolutionOnto(construction, scores, upsampling, image);
  if (isBilinear) return interpolateToImage(construction.graph, { ...scores, beyond: 'zero' }, image);
  const value = croppedDeconvolution(construction.graph, scores.value, weight, {
    stride: upsampling.factor,
    offset: cropOffset(at, image.at),
    reference: image.value,
  });
  return { scores: value };
}

/** Scores that are interpolated bilinearly at each pixel of the image. */
export interface CoarseScores extends FeatureMap {
  readonly beyond: Beyond;
}

/** Scores of every class at every pixel, at the size of the image, and what they are interpolated from, if they are. */
export interface ImageScores {
  readonly scores: Value;
  readonly coarse?: CoarseScores;
}

export function interpolateToImage(graph: Graph, coarse: CoarseScores, image: FeatureMap): ImageScores {
  const { value, at, beyond } = coarse;
  return { scores: interpolate(graph, value, { ...at, beyond, reference: image.value }), coarse };
}

/** The weights whose kernel brings scores onto the pixels of `reference`, and where the result's pixels lie. */
function deconvolutionOnto(
  construction: Construction,
  scores: FeatureMap,
  { name, factor, learned }: Upsampling,
  reference: FeatureMap,
): { weight: Value; at: FeatureMap['at'] } {
  const kernel = deconvolutionKernel(factor, scores.at, reference.at);
  const classes = fixed(scores.value.shape[1]);
  const shape = [classes, classes, kernel, kernel];
  const weight = construction.parameter(`${name}.weight`, shape, 'bilinear', learned);
  return { weight, at: alignmentAfterDeconvolution(kernel, factor, scores.at) };
}
