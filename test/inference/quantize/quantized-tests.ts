import { expect, it, onTestFinished } from 'vitest';
import type { RgbImage } from '../../../src/data/images/image.ts';
import { createSegmenter } from '../../../src/inference/predict/segmenter.ts';
import { type ModelName, partsOf } from '../../../src/networks/model-names.ts';
import { readExportedConfig } from '../../../src/weights/exported-config.ts';
import type { Model } from '../../../src/weights/model.ts';
import { testImage } from '../../data/helpers.ts';
import { type Binding, loadPublished } from '../../networks/export/published-binding.ts';
import { randomModel } from '../../weights/models.ts';
import { quantized } from './quantized.ts';

const sizes = [
  [1, 1],
  [31, 64],
  [48, 33],
  [96, 128],
] as const;

/**
 * The tests of quantized networks in a published binding of ONNX Runtime, which knows nothing of ours. Bindings share
 * a registry of backends: each needs a test file, a process, of its own.
 */
export function testQuantized(
  binding: Binding,
  provider: 'cpu' | 'wasm',
  models: readonly ModelName[],
): void {
  it.each(models)('%s gives nearly the scores and the classes of float32', async (name) => {
    const { backbone } = partsOf(name);
    const model = randomModel({ model: name, width: backbone.startsWith('vgg') ? 1 / 16 : 1 / 4 });
    const file = await quantized(model, sizes);
    expect(readExportedConfig(file, 'file')).toEqual(model.config);
    const { run } = await loadPublished(binding, provider, file);
    await expectSimilar(model, run);
  });

  async function expectSimilar(
    model: Model,
    run: (image: RgbImage) => Promise<Record<string, { data: unknown; dims: readonly number[] }>>,
  ) {
    const segmenter = await createSegmenter(model, { threads: 1 });
    onTestFinished(() => segmenter.release());
    let error = 0;
    let variance = 0;
    let clear = 0;
    let same = 0;
    for (const [height, width] of sizes) {
      const image = testImage(height, width);
      const { classes, scores } = await run(image);
      expect(classes!.dims).toEqual([1, height, width]);
      const expected = (await segmenter.scores(image)).data;
      const actual = scores!.data as Float32Array;
      const mean = expected.reduce((sum, score) => sum + score, 0) / expected.length;
      const squares = expected.reduce((sum, score) => sum + (score - mean) ** 2, 0);
      error += expected.reduce((sum, score, i) => sum + (score - actual[i]!) ** 2, 0);
      const deviation = Math.sqrt(squares / expected.length);
      variance += squares;
      for (let pixel = 0; pixel < height * width; pixel++) {
        const own = Array.from({ length: 21 }, (_, c) => expected[c * height * width + pixel]!);
        const [best, second] = own.toSorted((a, b) => b - a) as [number, number];
        if (best - second < 0.3 * deviation) continue;
        clear++;
        if (own.indexOf(best) === (classes!.data as Uint8Array)[pixel]) same++;
      }
    }
    // Random weights; 0.04 for VGG-16, 0.16 for SqueezeNet.
    expect(Math.sqrt(error / variance)).toBeLessThan(0.2);
    expect(clear, 'pixels whose class is clear').toBeGreaterThan(1000);
    expect(same / clear).toBeGreaterThan(0.99);
  }
}
