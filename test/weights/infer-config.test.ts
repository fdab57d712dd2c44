import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/base/tensor.ts';
import { backboneOf } from '../../src/networks/backbones/backbones.ts';
import { convolutionsOf } from '../../src/networks/backbones/layers.ts';
import type { ModelName } from '../../src/networks/model-names.ts';
import { parametersOf } from '../../src/networks/parameters.ts';
import { inferWidth } from '../../src/weights/infer-config.ts';

/** The shapes of a network of some width, without numbers. */
function shapesOf(width: number, model: ModelName = 'fcn8s'): Map<string, Tensor<'float32'>> {
  const parameters = parametersOf({ model, numClasses: 7, width, deconvolution: 'learned' });
  return new Map(
    parameters.map(({ name, shape }) => [name, { dtype: 'float32', shape, data: new Float32Array(0) }]),
  );
}

const layersOf = (model: ModelName) => convolutionsOf(backboneOf(model).layers);

describe('inferWidth', () => {
  it.each([1, 0.5, 0.25, 1 / 16, 3 / 16, 1 / 64, 0.1, 0.07, 0.05, 0.033, 0.02, 0.3, 0.75, 1 / 3, 3 / 7, 2])(
    'is the width that was asked for: %d',
    (width) => expect(inferWidth(shapesOf(width), layersOf('fcn8s'), 'test')).toBe(width),
  );

  const others = [
    'fcn32s-alexnet',
    'fcn16s-squeezenet',
    'fcn8s-mobilenetv2',
    'deeplabv3-mobilenetv2',
  ] as const;
  it.each(others)('is that of %s', (model) => {
    for (const width of [1, 0.5, 0.25, 0.125, 0.75, 2]) {
      expect(inferWidth(shapesOf(width, model), layersOf(model), 'test')).toBe(width);
    }
  });

  it.each([1 / 60, 0.123456, 1 / 4096, 0.0001])('gives the same shapes as %d', (width) => {
    const shapes = shapesOf(width);
    expect(shapesOf(inferWidth(shapes, layersOf('fcn8s'), 'test'))).toEqual(shapes);
  });
});
