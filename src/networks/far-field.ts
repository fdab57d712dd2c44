import type { ConvolutionLayer, Layer, PoolingLayer } from './backbones/layers.ts';

/**
 * The constant far field of a padded image. Where the first layer pads by 100 pixels, most of a feature map sees neither the
 * image nor the end of the padding: there it is one constant for each channel, and near the end of the padding it depends
 * on the weights and on the distance to the end alone. So the first stages need to be computed only
 *
 * - around the image (the center), its surroundings got by repeating its constant border, and
 * - for a small map without an image (the blank), whose constant middle is stretched until it is as large as the whole;
 *
 * the center is pasted over the blank where the two begin to meet. The features and gradients are those of the whole map; for a
 * 224x224 image FCN-8s needs two thirds of the multiplications.
 *
 * All numbers are indices or counts of pixels along one axis, the same for both. What depends on the size of the image is
 * computed when the graph runs (padded-features.ts).
 */
export interface FarField {
  readonly stages: readonly FarFieldStage[];
  /** Zeros around the image in the network as published. */
  readonly pad: number;
  /** The layers behind the stages, which see the whole map. */
  readonly rest: readonly Layer[];
}

/** Convolutions of stride 1 that keep the size of a map, and the 2x2 pooling behind them. */
export interface FarFieldStage {
  readonly layers: readonly (ConvolutionLayer | PoolingLayer)[];
  /** How far a pixel's influence spreads in the convolutions, on each side. */
  readonly reach: number;
  /** By how much the network's first convolution, without its pad, makes a map smaller; 0 in other stages. */
  readonly shrinkage: number;
  /** Pixels by which the stage's input is extended above and to the left, so that its convolutions need no pad. */
  readonly before: number;
  /** Index in the whole map, behind the pooling, of the center's first pixel. */
  readonly start: number;
  /** Constant pixels behind the pooling that are kept on each side of what sees the image. */
  readonly ring: 0 | 1;
  /** The least even size of the blank before the stage. */
  readonly blankSize: number;
  /** Index in the blank, behind the pooling, of the first pixel that does not see the end of the padding. */
  readonly blankMiddle: number;
}

/** The far field of a backbone, or undefined where it has none that is computed apart. */
export function farFieldOf(layers: readonly Layer[]): FarField | undefined {
  const [first] = layers;
  if (first?.kind !== 'convolution' || first.pad[0] < first.kernel) return undefined;
  const all = leadingStages(layers);
  for (let count = all.length; count > 0; count--) {
    const stages = all.slice(0, count);
    const field = planned(first, stages, layers.slice(stages.flat().length));
    if (isApart(field)) return field;
  }
  return undefined;
}

/** The stages at the beginning of a network; the first convolution of all may have any pad. */
function leadingStages(layers: readonly Layer[]): (ConvolutionLayer | PoolingLayer)[][] {
  const stages: (ConvolutionLayer | PoolingLayer)[][] = [];
  let stage: (ConvolutionLayer | PoolingLayer)[] = [];
  for (const layer of layers) {
    if (layer.kind === 'convolution') {
      const { kernel, pad, stride, dilation, normalization } = layer;
      const keepsSize = 2 * pad[0] === kernel - 1 && 2 * pad[1] === kernel - 1;
      if (stride !== 1 || dilation !== 1 || normalization !== undefined) break;
      if (!(keepsSize || layer === layers[0])) break;
      stage.push(layer);
    } else if (layer.kind === 'pooling' && layer.kernel === 2 && layer.stride === 2 && layer.pad === 0) {
      stages.push([...stage, layer]);
      stage = [];
    } else break;
  }
  return stages;
}

function planned(
  first: ConvolutionLayer,
  stages: (ConvolutionLayer | PoolingLayer)[][],
  rest: readonly Layer[],
): FarField {
  const [pad] = first.pad;
  let inputStart = pad; // of the center, in the whole map
  let seesImage = pad; // index of the first pixel that does
  let seesEnd = 0; // pixels at the beginning that see the end of the padding; at the far end as many, or one more
  const plans = stages.map((layers, index): FarFieldStage => {
    const reach = layers
      .filter((layer) => layer !== first && layer.kind === 'convolution')
      .reduce((sum, { kernel }) => sum + (kernel - 1) / 2, 0);
    const ring = index === stages.length - 1 ? 0 : 1;
    const shrinkage = index === 0 ? first.kernel - 1 : 0;
    seesImage = Math.floor((seesImage - shrinkage - reach) / 2);
    const start = seesImage - ring;
    const before = inputStart - (2 * start - reach);
    const blankMiddle = Math.ceil((seesEnd + reach) / 2);
    const blankSize = 2 * Math.ceil((2 * (blankMiddle + 1) + seesEnd + reach) / 2);
    inputStart = start;
    seesEnd = blankMiddle;
    return { layers, reach, shrinkage, before, start, ring, blankSize, blankMiddle };
  });
  return { stages: plans, pad, rest };
}

/** Whether what sees the image and what sees the end of the padding stay apart, for images of any size. */
function isApart({ stages, pad }: FarField): boolean {
  const period = 2 ** stages.length;
  return Array.from({ length: period }, (_, i) => i + 1).every((imageSize) => {
    let imageEnd = imageSize + pad;
    let paddingEnd = imageSize + 2 * pad;
    return stages.every(({ reach, shrinkage, start, ring, blankMiddle, before }) => {
      paddingEnd -= shrinkage;
      imageEnd = Math.ceil((imageEnd + reach) / 2);
      paddingEnd = Math.floor((paddingEnd - reach) / 2);
      return before >= 0 && start >= blankMiddle && imageEnd + ring <= paddingEnd;
    });
  });
}
