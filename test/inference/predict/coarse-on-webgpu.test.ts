import { beforeAll, describe, expect, it } from 'vitest';
import { randomModel } from '../../../src/cli/bench/random-model.ts';
import { createSegmenter } from '../../../src/inference/predict/segmenter.ts';
import { testImage } from '../../data/helpers.ts';
import { relativeDifference } from '../../fixtures.ts';
import { gpuTests, keepShaders, softwareGpu } from '../../software-gpu.ts';

const { missing, name } = gpuTests('a segmenter on WebGPU');

describe.skipIf(missing)(name, () => {
  beforeAll(keepShaders);

  it.each(['fcn8s-mobilenetv2', 'deeplabv3-mobilenetv2'] as const)(
    'gives the scores and classes of the CPU, whose last layer is not on the device, %s',
    async (model) => {
      const network = randomModel(model, 1 / 4, 5);
      const image = testImage(45, 70);
      const onCpu = await createSegmenter(network, { threads: 1, images: 1 });
      const onDevice = await createSegmenter(network, { threads: 1, images: 1 }, softwareGpu());
      const [expected, scores] = [await onCpu.scores(image), await onDevice.scores(image)];
      expect(relativeDifference(scores, expected)).toBeLessThan(1e-4);
      const [classes, others] = [await onDevice.segment(image), await onCpu.segment(image)];
      const same = classes.data.filter((label, i) => label === others.data[i]).length;
      expect(same / classes.data.length).toBeGreaterThan(0.999);
      await onCpu.release();
      await onDevice.release();
    },
    120_000,
  );
});
