import { inputError } from '../base/errors.ts';
import { allocate } from '../base/tensor.ts';
import { backbones } from '../networks/backbones/backbones.ts';
import { convolutionsOf } from '../networks/backbones/layers.ts';
import type { BackboneName, ModelName } from '../networks/model-names.ts';
import { skipFactor } from '../networks/skips.ts';
import { titleOf } from './backbone-titles.ts';
import type { ParameterFate } from './fates.ts';
import type { Tensors } from './source.ts';

/**
 * A fully connected layer is a convolution whose kernel covers its whole input: the same numbers in the same order. On
 * VGG-16 fc6 sees a map of 7x7, what five poolings leave of 224x224: [O, C * 7 * 7] -> [O, C, 7, 7].
 */
export function reshapeClassifier(
  tensors: Tensors,
  backbone: BackboneName,
  what: string,
  changes: ParameterFate[],
): Tensors {
  const reshaped = new Map(tensors);
  const connected = convolutionsOf(backbones[backbone].layers).filter(({ name }) => name.startsWith('fc'));
  for (const { name: layer, kernel } of connected) {
    const name = `${layer}.weight`;
    const matrix = tensors.get(name);
    if (matrix?.shape.length !== 2) continue;
    const [outputs, inputs] = matrix.shape as [number, number];
    if (inputs % kernel ** 2 !== 0) {
      throw inputError(
        `${what}: got ${name} [${outputs}, ${inputs}], expected channels times ${kernel}x${kernel} inputs; ` +
          `choose the published ${titleOf(backbone)}`,
      );
    }
    reshaped.set(name, { ...matrix, shape: [outputs, inputs / kernel ** 2, kernel, kernel] });
    changes.push({ name, fate: 'reshaped', reason: "the classifier's matrix as a convolution" });
  }
  return reshaped;
}

/** Deconvolutions have no bias here. One of zeros does nothing. */
export function withoutZeroBiases(tensors: Tensors, changes: ParameterFate[]): Tensors {
  return new Map(
    [...tensors].filter(([name, { data }]) => {
      const isZero = /^upscore\w*\.bias$/.test(name) && data.every((value) => value === 0);
      if (isZero) changes.push({ name, fate: 'dropped', reason: 'all zero' });
      return !isZero;
    }),
  );
}

/**
 * The reference network at once scales pools 4 and 3 by layers that are stored with the weights. Here the factors are
 * part of the network; where the file's are others, the score layers take up the quotient.
 */
export function withoutScales(
  tensors: Tensors,
  model: ModelName,
  what: string,
  changes: ParameterFate[],
): Tensors {
  const result = new Map(tensors);
  for (const pool of ['pool4', 'pool3'] as const) {
    const scaleName = `scale_${pool}.weight`;
    const scales = tensors.get(scaleName);
    // Of each head.
    const ofPool = new RegExp(`^score_${pool}(_[a-z0-9]+)?\\.weight$`);
    const scores = [...tensors].filter(([name]) => ofPool.test(name));
    if (!scales || scores.length === 0) continue;
    result.delete(scaleName);
    changes.push({ name: scaleName, fate: 'dropped', reason: `a part of ${model}` });
    const factor = Math.fround(skipFactor(model, `score_${pool}`));
    for (const [name, score] of scores) {
      const [classes = 0, channels = 0] = score.shape;
      if (scales.data.length !== channels) {
        throw inputError(
          `${what}: got ${scaleName} [${scales.shape.join(', ')}], expected [${channels}], a factor for each channel`,
        );
      }
      if (scales.data.every((scale) => scale === factor)) continue;
      const scaled = allocate('float32', score.shape);
      for (let i = 0; i < classes * channels; i++) {
        scaled.data[i] = (score.data[i]! * scales.data[i % channels]!) / factor;
      }
      result.set(name, scaled);
      const reason = `by scale_${pool} / ${skipFactor(model, `score_${pool}`)}`;
      changes.push({ name, fate: 'rescaled', reason });
    }
  }
  return result;
}
