import { backboneOf } from './backbones/backbones.ts';
import type { Layer } from './backbones/layers.ts';
import { type Head, type ModelName, partsOf } from './model-names.ts';

/** What a score sees of the image, in pixels along each axis. */
export interface ReceptiveField {
  /** The score of pixel p depends on no pixel before p - reach or behind p + reach. */
  readonly reach: number;
  /** Windows fall the same on an image that begins this many pixels later, or a multiple of it. */
  readonly stride: number;
}

/** The factors of the deconvolutions, one after the other; none where scores depend on all of the image. */
const factorsOf: Record<Head, readonly number[] | undefined> = {
  fcn32s: [32],
  fcn16s: [2, 16],
  fcn8s: [2, 2, 8],
  'fcn8s-atonce': [2, 2, 8],
  fcn: undefined,
  deeplabv3: undefined,
};

/**
 * The receptive field of a network. It lies evenly around its pixel, since skips and crops are aligned by its middle
 * (alignment.ts). Each window adds half of itself to both sides, in pixels of the map that it moves over, and each
 * deconvolution half of its kernel, in pixels of its result. Skips begin at a layer that the last features see as well, so
 * what is behind these reaches farthest.
 * @returns undefined where scores depend on all of the image: they are enlarged to its size, or made of its average
 */
export function receptiveFieldOf(model: ModelName): ReceptiveField | undefined {
  const factors = factorsOf[partsOf(model).head];
  if (!factors) return undefined;
  const { layers, margin } = backboneOf(model);
  const { reach: ofFeatures, stride } = reachAfter(layers, { reach: 0, stride: 1 });
  let reach = ofFeatures;
  let coarse = stride;
  for (const factor of factors) {
    // A repeated border is a pixel of the map in the place of its neighbor.
    if (margin === 'repeated-border') reach += coarse;
    coarse /= factor;
    reach += (coarse * (2 * factor - 1)) / 2;
  }
  return { reach: Math.ceil(reach), stride };
}

function reachAfter(layers: readonly Layer[], start: ReceptiveField): ReceptiveField {
  return layers.reduce((field, layer) => reachAfterLayer(layer, field), start);
}

function reachAfterLayer(layer: Layer, field: ReceptiveField): ReceptiveField {
  const { reach, stride } = field;
  const after = (span: number, own: number) => ({ reach: reach + (stride * span) / 2, stride: stride * own });
  switch (layer.kind) {
    case 'convolution':
      return after(layer.dilation * (layer.kernel - 1), layer.stride);
    case 'pooling':
      return after(layer.kernel - 1, layer.stride);
    case 'branches':
      return layer.branches.map((branch) => reachAfter(branch, field)).reduce(wider);
    case 'residual':
      return reachAfter(layer.layers, field);
    case 'normalization':
    case 'dropout':
      return field;
  }
}

function wider(a: ReceptiveField, b: ReceptiveField): ReceptiveField {
  return a.reach > b.reach ? a : b;
}
