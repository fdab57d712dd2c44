import { inputError } from '../base/errors.ts';
import { backboneOf } from './backbones/backbones.ts';
import type { Layer } from './backbones/layers.ts';
import type { ModelConfig } from './model-config.ts';
import { type Head, type ModelName, partsOf } from './model-names.ts';

/** What each head reads besides the last features, coarse to fine, and the factors applied there. */
const skipFactors: Record<Head, { stride16?: number; stride8?: number }> = {
  fcn32s: {},
  fcn16s: { stride16: 1 },
  fcn8s: { stride16: 1, stride8: 1 },
  'fcn8s-atonce': { stride16: 0.01, stride8: 0.0001 },
  fcn: {},
  deeplabv3: {},
};

export interface Skip {
  /** The layer of the backbone whose result is read; `score_LAYER` makes scores of it. */
  readonly layer: string;
  /** What it is multiplied by before that. */
  readonly factor: number;
  /** The deconvolution that brings the coarser scores to its size. */
  readonly upsampling: string;
}

/** The skips of a network, coarse to fine. Each is twice as fine as what comes before it. */
export function skipsOf(model: ModelName): Skip[] {
  const { stride16, stride8 } = skipFactors[partsOf(model).head];
  const { skips } = backboneOf(model);
  if (!skips || stride16 === undefined) return [];
  const first = { layer: skips.stride16, factor: stride16, upsampling: 'upscore2' };
  if (stride8 === undefined) return [first];
  return [first, { layer: skips.stride8, factor: stride8, upsampling: `upscore_${skips.stride16}` }];
}

/** The factor by which a network scales what a score layer reads, 1 for layers other than those of the skips. */
export function skipFactor(model: ModelName, scoreLayer: string): number {
  return skipsOf(model).find(({ layer }) => scoreLayer === `score_${layer}`)?.factor ?? 1;
}

/** @throws FcnError where a way of fusing scores is asked for, but a network has no skips to fuse */
export function checkFusion({ model, fusion }: Pick<ModelConfig, 'model' | 'fusion'>): void {
  if (fusion === undefined || skipsOf(model).length > 0) return;
  throw inputError(
    `fusion: got ${fusion} for ${model}, which has no skips, expected one of FCN-16s or 8s; name another model, or leave fusion out`,
  );
}

/** The layers that the scores of a network are made of: all of its backbone, or those up to the finest skip, if it alone is scored. */
export function scoredLayers({ model, fusion }: Pick<ModelConfig, 'model' | 'fusion'>): readonly Layer[] {
  const { layers } = backboneOf(model);
  if (fusion !== 'finest') return layers;
  const { layer: finest } = skipsOf(model).at(-1)!;
  return layers.slice(0, layers.findIndex(({ name }) => name === finest) + 1);
}
