import { fixed, type Graph, type Value } from '../engine/graph/graph.ts';
import { croppedDeconvolution, largestBlock } from '../engine/operators/cropped-deconvolution.ts';
import { deconvolution } from '../engine/operators/deconvolution.ts';
import { deconvolutionInBlocks, type MapInBlocks } from '../engine/operators/deconvolution-in-blocks.ts';
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

/** How scores are brought to the size of the image. */
export interface FinalUpsampling extends Upsampling {
  /** Whether the weights are bilinear and stay so. The parameter is there all the same. */
  readonly isBilinear: boolean;
  /** Whether scores may stay in blocks of pixels; default: no. */
  readonly inBlocks?: boolean | undefined;
}

/** Upsamples scores to the image, cropped to its size: only the pixels of the image are computed. */
export function upsampleToImage(
  construction: Construction,
  scores: FeatureMap,
  { isBilinear, inBlocks, ...upsampling }: FinalUpsampling,
  image: FeatureMap,
): ImageScores {
  const { weight, at } = deconvolutionOnto(construction, scores, upsampling, image);
  if (isBilinear) return interpolateToImage(construction.graph, { ...scores, beyond: 'zero' }, image);
  const { graph } = construction;
  const options = { stride: upsampling.factor, offset: cropOffset(at, image.at), reference: image.value };
  if (!inBlocks || upsampling.factor > largestBlock) {
    return { scores: croppedDeconvolution(graph, scores.value, weight, options) };
  }
  const { value, arrange } = deconvolutionInBlocks(graph, scores.value, weight, options);
  return { scores: value, arrange };
}

/** Scores that are interpolated bilinearly at each pixel of the image. */
export interface CoarseScores extends FeatureMap {
  readonly beyond: Beyond;
}

/** Scores of every class at every pixel of the image. */
export interface ImageScores {
  /** [N, classes, height, width], or in blocks of pixels. */
  readonly scores: Value;
  /** What they are interpolated from, if they are. */
  readonly coarse?: CoarseScores;
  /** Brings labels into the order of scores that are in blocks. */
  readonly arrange?: MapInBlocks['arrange'];
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
