import { expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { tensorOf } from '../../../src/base/tensor.ts';
import type { Image } from '../../../src/data/images/image.ts';
import type { InputConfig } from '../../../src/data/input-config.ts';
import { withSegmenter } from '../../../src/inference/predict/segmenter.ts';
import { relativeDifference } from '../../fixtures.ts';
import { randomModel } from '../../weights/models.ts';
import { exported } from './exported.ts';
import { type Binding, loadPublished } from './published-binding.ts';

const inputs: Record<string, InputConfig> = {
  gray: { channels: [0], scale: 1, mean: [0.4], std: [0.2] },
  'five of 16 bits': {
    channels: [0, 1, 2, 3, 4],
    bits: 16,
    scale: 255,
    mean: Array(5).fill(30000),
    std: Array(5).fill(2e4),
  },
  'RGB and depth': {
    ...{ channels: [2, 1, 0, 3], bits: 16, scale: 255, log: [false, false, false, true] },
    ...{ mean: [104, 117, 123, 7.844], std: [50, 50, 50, 1] },
  },
};

inputs['streams of RGB and depth'] = inputs['RGB and depth']!;

/** The tests of exported networks for images that are not RGB, in a published binding of ONNX Runtime. */
export function testExportedChannels(binding: Binding, provider: 'cpu' | 'wasm'): void {
  it.each(Object.entries(inputs))('gives our classes and scores of other images: %s', async (name, input) => {
    const streams = name.startsWith('streams') && {
      streams: [
        { name: 'color', channels: 3 },
        { name: 'depth', channels: 1 },
      ],
    };
    const model = randomModel({
      ...streams,
      model: 'fcn8s-mobilenetv2',
      width: 1 / 4,
      input,
      numClasses: 3,
      classes: ['a', 'b', 'c'],
    });
    const { run } = await loadPublished(binding, provider, exported(model));
    const channels = input.channels.length;
    const stream = random(1, name);
    const values = Array.from(
      { length: 40 * 33 * channels },
      (_, i) =>
        // Some depths are missing.
        stream.integer(input.bits === 16 && !(input.log && i % 4 < 3) ? 65536 : 256) * (i % 97 === 3 ? 0 : 1),
    );
    const data = input.bits === 16 ? Uint16Array.from(values) : Uint8Array.from(values);
    const image: Image = { width: 33, height: 40, data };
    const { classes, scores } = await run(image);
    expect(classes).toMatchObject({ type: 'uint8', dims: [1, 40, 33] });
    await withSegmenter(model, { threads: 1 }, async (segmenter) => {
      const theirs = tensorOf('float32', [1, 3, 40, 33], scores!.data as Float32Array);
      expect(relativeDifference(theirs, await segmenter.scores(image))).toBeLessThan(1e-4);
      const own = (await segmenter.segment(image)).data;
      expect(own.filter((label, i) => label !== classes!.data[i]).length).toBeLessThan(3);
    });
  });
}
