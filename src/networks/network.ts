import { inputError } from '../base/errors.ts';
import type { Graph, Value } from '../engine/graph/graph.ts';
import { add, maximum, scale } from '../engine/operators/arithmetic.ts';
import { enlarge } from '../engine/operators/enlarge.ts';
import { resizeBilinear } from '../engine/operators/resize-bilinear.ts';
import { zeroFirstChannel } from '../engine/operators/zero-channel.ts';
import { Construction, type Parameter, type RunningAverage } from '../engine/parameters/parameter.ts';
import { fuseAligned, withRepeatedBorder } from './aligned-maps.ts';
import { imageAlignment } from './alignment.ts';
import { backboneOf } from './backbones/backbones.ts';
import { type ClassHead, headsOf } from './class-heads.ts';
import { deeplabFeatures } from './deeplab.ts';
import { farFieldOf } from './far-field.ts';
import { buildFeatures, type FeatureMap, type FeatureOptions, type Features } from './features.ts';
import type { ModelConfig } from './model-config.ts';
import { partsOf } from './model-names.ts';
import { buildPaddedFeatures } from './padded-features.ts';
import { type ImageScores, interpolateToImage, score, upsample, upsampleToImage } from './scoring.ts';
import { minimumSize } from './sizes.ts';
import { checkFusion, scoredLayers, skipsOf } from './skips.ts';
import { channelsFor, type Stream, streamsOf, withinStream } from './streams.ts';

/** What a network predicts of one labeling. */
export interface HeadScores extends ClassHead, ImageScores {
  /** Those by the auxiliary head, where the network has one and is asked for it. */
  readonly auxiliary?: Value;
}

export interface Network {
  /** One, or several on the same features. */
  readonly heads: readonly HeadScores[];
  readonly parameters: readonly Parameter[];
  readonly averages: readonly RunningAverage[];
}

/** What decides the shape of a network. */
export type Architecture = Pick<
  ModelConfig,
  | 'model'
  | 'numClasses'
  | 'heads'
  | 'width'
  | 'headWidth'
  | 'deconvolution'
  | 'auxiliary'
  | 'background'
  | 'fusion'
  | 'streams'
> & {
  /** Of which the number of channels counts; default: 3. */
  readonly input?: Pick<ModelConfig['input'], 'channels'>;
};

/** How many channels the images of a network have. */
export function channelCount({ input }: Pick<Architecture, 'input'>): number {
  return input?.channels.length ?? 3;
}

export interface NetworkOptions extends Omit<FeatureOptions, 'width'> {
  /** Whether the auxiliary head is emitted where the network has one; default: no. */
  readonly auxiliary?: boolean;
  /** Whether the weights of a deconvolution, by their name, are bilinear and stay so; default: no. */
  readonly isBilinear?: (name: string, learned: boolean) => boolean;
  /** Whether scores may come in blocks of pixels, which saves time where their order does not matter; default: no. */
  readonly inBlocks?: boolean;
}

/**
 * Emits FCN-32s, 16s or 8s (Long et al. 2015, figure 3; layers and offsets of the reference implementation). Kernels and
 * offsets that depend on the backbone follow from its arithmetic (alignment.ts). Or torchvision's FCN, whose scores are enlarged to
 * the image at once (models/segmentation/_utils.py), or DeepLabv3 (deeplab.ts).
 *
 * @param image float32 [N, C, height, width], preprocessed
 */
export function buildNetwork(
  graph: Graph,
  architecture: Architecture,
  image: Value,
  options: NetworkOptions = {},
): Network {
  checkFusion(architecture);
  const construction = new Construction(graph);
  const whole: FeatureMap = { value: image, at: imageAlignment };
  const streams = checkedStreams(architecture, image).map((stream): BuiltStream => {
    const own = construction.under(stream.prefix);
    const seen = { value: channelsFor(graph, image, stream), at: imageAlignment };
    const features = withinStream(graph, stream, () => buildBackbone(own, architecture, seen, options));
    return { name: stream.name, construction: own, ...features };
  });
  const scoresOf = scoring(construction, architecture, streams, whole, options);
  const isZero = architecture.background === 'zero';
  const withBackground = (scores: Value) => (isZero ? zeroFirstChannel(graph, scores) : scores);
  const heads = headsOf(architecture).map((head): HeadScores => {
    const { scores, auxiliary, coarse, arrange } = scoresOf(head);
    const second = auxiliary && { auxiliary: withBackground(auxiliary) };
    const before = coarse && { coarse: { ...coarse, value: withBackground(coarse.value) } };
    return { ...head, scores: withBackground(scores), ...second, ...before, ...(arrange && { arrange }) };
  });
  return { heads, parameters: construction.parameters, averages: construction.averages };
}

/** The features of a stream, and what builds more of it. */
type BuiltStream = Features & Pick<Stream, 'name'> & { readonly construction: Construction };

/** @throws FcnError where a network has no streams, or its image other channels */
function checkedStreams(architecture: Architecture, image: Value): Stream[] {
  const { model, streams } = architecture;
  if (!streams) return streamsOf(architecture);
  const count = streams.reduce((sum, { channels }) => sum + channels, 0);
  if (count !== image.shape[1]) {
    throw inputError(`streams: got ${count} channels in all, expected the ${image.shape[1]} of the image`);
  }
  if (isDeconvolved(model)) return streamsOf(architecture);
  throw inputError(
    `model: got ${model} with several streams, expected one of FCN-32s, 16s or 8s; name another model`,
  );
}

/** Whether deconvolutions make the scores of a network as large as the image. */
export function isDeconvolved(model: ModelConfig['model']): boolean {
  return partsOf(model).head !== 'deeplabv3' && backboneOf(model).margin !== 'resized';
}

type Scores = ImageScores & Pick<HeadScores, 'auxiliary'>;

/** What emits the scores of a head. Layers that have no scores in them yet are emitted once, for all heads. */
function scoring(
  construction: Construction,
  architecture: Architecture,
  streams: readonly BuiltStream[],
  whole: FeatureMap,
  options: NetworkOptions,
): (head: ClassHead) => Scores {
  const { graph } = construction;
  const { model, width, deconvolution, fusion } = architecture;
  const [{ last, byLayer }] = streams as [BuiltStream];
  const { margin, auxiliary: second } = backboneOf(model);
  if (partsOf(model).head === 'deeplabv3') {
    const projected = deeplabFeatures(construction, architecture.headWidth ?? width, last);
    return ({ numClasses, suffix }) => {
      const scores = score(construction, projected, `score_fr${suffix}`, numClasses);
      return interpolateToImage(graph, { ...scores, beyond: 'border' }, whole);
    };
  }
  if (margin === 'resized') {
    const enlarged = (features: FeatureMap, name: string, numClasses: number) =>
      resizeBilinear(graph, score(construction, features, name, numClasses).value, whole.value);
    const isAsked = second && architecture.auxiliary && options.auxiliary;
    const ofSecond = once(() => {
      const read = byLayer.get(second!.reads)!;
      return buildFeatures(construction, second!.layers, read, { ...options, width }).last;
    });
    return ({ numClasses, suffix }) => {
      const scores = enlarged(last, `score_fr${suffix}`, numClasses);
      if (!isAsked) return { scores };
      return { scores, auxiliary: enlarged(ofSecond(), `score_aux${suffix}`, numClasses) };
    };
  }
  const withMargin = (scores: FeatureMap) =>
    margin === 'repeated-border' ? withRepeatedBorder(graph, scores) : scores;
  /** The scores of a stream before the last deconvolution. */
  const coarseScoring = (stream: BuiltStream) => {
    const { construction: own, last, byLayer } = stream;
    const skips = skipsOf(model).map(({ layer, factor, upsampling }) => {
      const fine = byLayer.get(layer)!;
      return { layer, upsampling, fine, features: once(() => scaled(graph, fine, factor)) };
    });
    const scoreOf = ({ layer, features }: (typeof skips)[number], { numClasses, suffix }: ClassHead) =>
      score(own, features(), `score_${layer}${suffix}`, numClasses);
    if (fusion === 'finest') return (head: ClassHead) => scoreOf(skips.at(-1)!, head);
    const fuse = fusion === 'max' ? maximum : add;
    return (head: ClassHead) => {
      const { numClasses, suffix } = head;
      let scores = score(own, last, `score_fr${suffix}`, numClasses);
      for (const skip of skips) {
        const { upsampling, fine } = skip;
        const twice = { name: upsampling + suffix, factor: 2, learned: deconvolution !== 'fixed' };
        const coarse = upsample(own, withMargin(scores), twice, fine);
        scores = fuseAligned(graph, coarse, scoreOf(skip, head), fuse);
      }
      return scores;
    };
  };
  const ofStreams = streams.map(coarseScoring);
  return (head) => {
    const { suffix } = head;
    const scores = averaged(
      graph,
      streams.map((stream, i) => withinStream(graph, stream, () => ofStreams[i]!(head))),
    );
    const { stride } = scores.at;
    const name = (stride === 32 ? 'upscore' : `upscore${stride}`) + suffix;
    const learned = deconvolution === 'learned';
    const isBilinear = options.isBilinear?.(`${name}.weight`, learned) ?? false;
    const final = { name, factor: stride, learned, isBilinear, inBlocks: options.inBlocks };
    return upsampleToImage(construction, withMargin(scores), final, whole);
  };
}

/** The average of maps that lie on each other: score_fused of nyud-fcn32s-color-hha/net.py in the reference implementation. */
function averaged(graph: Graph, maps: readonly FeatureMap[]): FeatureMap {
  const [first, ...others] = maps as [FeatureMap, ...FeatureMap[]];
  const sum = others.reduce((total, { value }) => add(graph, total, value), first.value);
  return scaled(graph, { value: sum, at: first.at }, 1 / maps.length);
}

/** A function that is called the first time only, and gives the same ever after. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Emits the backbone. Images that are too small for its windows are first enlarged by zeros. */
function buildBackbone(
  construction: Construction,
  architecture: Architecture,
  image: FeatureMap,
  options: NetworkOptions,
): Features {
  const { graph } = construction;
  const { width } = architecture;
  const layers = scoredLayers(architecture);
  const farField = farFieldOf(layers);
  if (farField) return buildPaddedFeatures(construction, farField, image.value, { ...options, width });
  const least = minimumSize(layers);
  const start = least > 1 ? { value: enlarge(graph, image.value, least), at: image.at } : image;
  return buildFeatures(construction, layers, start, { ...options, width });
}

function scaled(graph: Graph, x: FeatureMap, factor: number): FeatureMap {
  return factor === 1 ? x : { value: scale(graph, x.value, factor), at: x.at };
}
