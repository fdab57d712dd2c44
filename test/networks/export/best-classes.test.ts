import * as binding from 'onnxruntime-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import { loadExported } from '../../../src/inference/predict/load-segmenter.ts';
import { compileExport } from '../../../src/networks/graphs/export.ts';
import { testImage } from '../../data/helpers.ts';
import { balanceClasses } from '../../inference/predict/balance-classes.ts';
import { quantized } from '../../inference/quantize/quantized.ts';
import { randomModel } from '../../weights/models.ts';
import { loadPublished } from './published-binding.ts';

const sizes = [
  [1, 1],
  [33, 50],
  [70, 41],
] as const;

/** Networks that put scores together from blocks of pixels, and others. */
const names = ['fcn8s', 'fcn16s-mobilenetv2', 'fcn32s', 'fcn-resnet50', 'deeplabv3-mobilenetv2'] as const;

describe('a file that gives classes alone', () => {
  it.each(names)('gives those of highest score, and the scores when asked for them: %s', async (name) => {
    const model = randomModel({ model: name, width: 1 / 16 });
    await balanceClasses(model, testImage(70, 41));
    const { config, weights } = model;
    const file = (scores: boolean) => Buffer.concat(compileExport(config, weights, { scores }));
    const published = await loadPublished(binding, 'cpu', file(true));
    const alone = await loadPublished(binding, 'cpu', file(false));
    const segmenter = await loadExported(nativeRuntime, file(false), 'file', { threads: 1 });
    onTestFinished(() => segmenter.release());
    for (const [height, width] of sizes) {
      const image = testImage(height, width);
      const { scores, classes } = await published.run(image);
      expect(new Set(classes!.data as Uint8Array).size).toBeGreaterThan(height > 1 ? 1 : 0);
      expect((await alone.run(image)).classes).toMatchObject({
        data: classes!.data,
        dims: [1, height, width],
      });
      expect((await segmenter.scores(image)).data).toEqual(scores!.data);
    }
  });

  it('gives the same from one session and the other', async () => {
    const model = randomModel({ model: 'fcn8s', width: 1 / 16 });
    const file = await quantized(model, sizes, { scores: false });
    const segmenter = await loadExported(nativeRuntime, file, 'file', { threads: 1 });
    onTestFinished(() => segmenter.release());
    const image = testImage(60, 45);
    const byClasses = await segmenter.segment(image);
    const [scores, meanwhile] = await Promise.all([segmenter.scores(image), segmenter.segment(image)]);
    expect(scores.shape).toEqual([1, 21, 60, 45]);
    expect(meanwhile).toEqual(byClasses);
    expect(await segmenter.segment(image)).toEqual(byClasses);
    expect((await segmenter.segment(image, { height: 30, width: 22 })).height).toBe(60);
  });
});
