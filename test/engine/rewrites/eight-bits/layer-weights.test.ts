import { describe, expect, it } from 'vitest';
import { random } from '../../../../src/base/rng.ts';
import { tensorOf } from '../../../../src/base/tensor.ts';
import { quantizeLayer } from '../../../../src/engine/rewrites/eight-bits/layer-weights.ts';

const stream = random('test', 'layer');
const weights = Array.from({ length: 4 * 3 * 9 }, (_, i) => stream.normal() * 10 ** -Math.floor(i / 27));
const weight = tensorOf('float32', [4, 3, 3, 3], weights);
const bias = tensorOf('float32', [4], [0.5, -2, 0, 1e-3]);

describe('quantizeLayer', () => {
  it('keeps weights and biases within half a step', () => {
    const inputScale = 0.02;
    const layer = quantizeLayer(weight, bias, inputScale);
    for (let channel = 0; channel < 4; channel++) {
      const scale = layer.weightScale.data[channel]!;
      const integers = layer.weight.data.subarray(channel * 27, channel * 27 + 27);
      expect(Math.max(...integers.map(Math.abs))).toBe(63);
      integers.forEach((integer, i) => {
        expect(Math.abs(integer * scale - weight.data[channel * 27 + i]!)).toBeLessThanOrEqual(
          scale * 0.50001,
        );
      });
      const biasScale = layer.biasScale.data[channel]!;
      expect(biasScale).toBeCloseTo(scale * inputScale, 9);
      expect(Math.abs(layer.bias.data[channel]! * biasScale - bias.data[channel]!)).toBeLessThanOrEqual(
        biasScale * 0.50001,
      );
    }
  });

  it('uses the eighth bit where it is asked for', () => {
    const layer = quantizeLayer(weight, bias, 0.02, 8);
    expect(Math.max(...layer.weight.data.map(Math.abs))).toBe(127);
  });

  it('leaves room for a large bias over (nearly) no weights', () => {
    const small = tensorOf('float32', [3, 1, 1, 1], [0, 1e-20, 0]);
    const layer = quantizeLayer(small, tensorOf('float32', [3], [100, -100, 0]), 0.01);
    const biases = [...layer.bias.data].map((integer, channel) => integer * layer.biasScale.data[channel]!);
    [100, -100, 0].forEach((expected, channel) => {
      expect(biases[channel]).toBeCloseTo(expected, 4);
    });
    expect([...layer.weight.data]).toEqual([0, 0, 0]);
  });
});
