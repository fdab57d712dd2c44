import { expect, it, onTestFinished } from 'vitest';
import { tensorOf } from '../../../src/base/tensor.ts';
import { type InputConfig, inputPresets } from '../../../src/data/input-config.ts';
import { createSegmenter } from '../../../src/inference/predict/segmenter.ts';
import { backboneNames, modelNames, partsOf } from '../../../src/networks/model-names.ts';
import type { Model } from '../../../src/weights/model.ts';
import { sha256, testImage } from '../../data/helpers.ts';
import { relativeDifference } from '../../fixtures.ts';
import { fixtureWeights, randomModel } from '../../weights/models.ts';
import { exported } from './exported.ts';
import { type Binding, loadPublished } from './published-binding.ts';

const sizes = [
  [1, 1],
  [31, 64],
  [48, 33],
  [2, 5],
  [96, 128],
] as const;

const ours: InputConfig = { channels: 'BGR', scale: 2, mean: [0.9, 1, 1.2], std: [0.5, 0.6, 0.7] };
const inputs = Object.entries({ caffe: inputPresets.caffe, torchvision: inputPresets.torchvision, ours });
/** The preprocessing depends on no head, so that those on a backbone take turns; where there is one head, it takes each. */
const cases = backboneNames.flatMap((backbone) => {
  const models = modelNames.filter((model) => partsOf(model).backbone === backbone);
  return Array.from({ length: Math.max(models.length, inputs.length) }, (_, i) => {
    const [name, input] = inputs[i % inputs.length]!;
    return [models[i % models.length]!, name, input] as const;
  });
});

/**
 * The tests of exported networks in a published binding of ONNX Runtime, which knows nothing of ours. Bindings share
 * a registry of backends: each needs a test file, a process, of its own.
 */
export function testExported(binding: Binding, provider: 'cpu' | 'wasm'): void {
  const load = (model: Uint8Array) => loadPublished(binding, provider, model);

  it.each(cases)('%s with the preprocessing %s gives our classes and scores', async (name, _, input) => {
    const width = partsOf(name).backbone.startsWith('vgg') ? 1 / 32 : 1 / 4;
    const model = randomModel({ model: name, width, input: structuredClone(input) as InputConfig });
    await balanceClasses(model);
    await expectSame(model, await load(exported(model)));
  });

  async function expectSame(model: Model, { run }: Awaited<ReturnType<typeof load>>) {
    const segmenter = await createSegmenter(model, { threads: 1 });
    onTestFinished(() => segmenter.release());
    const seen = new Set<number>();
    let same = 0;
    let pixels = 0;
    for (const [height, width] of sizes) {
      const image = testImage(height, width);
      const { classes, scores } = await run(image);
      expect(scores).toMatchObject({ type: 'float32', dims: [1, 21, height, width] });
      expect(classes).toMatchObject({ type: 'uint8', dims: [1, height, width] });
      const theirs = tensorOf('float32', [...scores!.dims], scores!.data as Float32Array);
      const expected = await segmenter.scores(image);
      expect(relativeDifference(theirs, expected), `${height}x${width}`).toBeLessThan(1e-4);
      const labels = (await segmenter.segment(image)).data;
      same += labels.filter((label, i) => label === classes!.data[i]).length;
      pixels += labels.length;
      for (const label of labels) seen.add(label);
    }
    expect(seen.size, 'different classes: else the comparison shows nothing').toBeGreaterThan(2);
    expect(same / pixels).toBeGreaterThanOrEqual(0.9999);
  }

  /** PyTorch 1.13 in float64 on testImage(26, 37), as in test/predict/segmenter.test.ts. */
  it("gives PyTorch's classes", async () => {
    const { config } = randomModel({ numClasses: 5, width: 3 / 128 });
    const { run } = await load(exported({ config, weights: await fixtureWeights('fcn8s') }));
    const { classes, scores } = await run(testImage(26, 37));
    expect(sha256(classes!.data as Uint8Array)).toBe(
      '982f2066fb17885f30c2770e610ff09932f3139426e78b72038c5230f203678f',
    );
    [-5.37655, -16.7032, 8.87214, -20.90403, -15.07991].forEach((score, c) => {
      expect((scores!.data as Float32Array)[(c * 26 + 13) * 37 + 20]).toBeCloseTo(score, 3);
    });
  });

  it('has only the class map as its result when scores are not asked for', async () => {
    const { session, run } = await load(exported(randomModel(), false));
    expect(session.inputNames).toEqual(['image']);
    expect(session.outputNames).toEqual(['classes']);
    expect(Object.keys(await run(testImage(3, 4)))).toEqual(['classes']);
  });

  it('takes the lowest of classes with equal scores, and has numbers beyond 127', async () => {
    const classes = Array.from({ length: 130 }, (_, i) => `${i}`);
    const model = randomModel({ numClasses: 130, classes, deconvolution: 'fixed' });
    for (const layer of ['score_fr', 'score_pool4', 'score_pool3']) {
      model.weights.get(`${layer}.weight`)!.data.fill(0);
      model.weights.get(`${layer}.bias`)!.data.fill(1);
    }
    const segment = async () => {
      const { run } = await load(exported(model, false));
      return [...new Set((await run(testImage(4, 4))).classes!.data as Uint8Array)];
    };
    expect(await segment()).toEqual([0]);
    model.weights.get('score_fr.bias')!.data[129] = 2;
    expect(await segment()).toEqual([129]);
  });
}

/** Makes the classes' scores on an image the same on average, as random weights do not: else one class is everywhere. */
async function balanceClasses(model: Model): Promise<void> {
  const segmenter = await createSegmenter(model, { threads: 1 });
  const { data } = await segmenter.scores(testImage(48, 64));
  await segmenter.release();
  const pixels = 48 * 64;
  const bias = model.weights.get('score_fr.bias')!.data;
  for (let c = 0; c < bias.length; c++) {
    const plane = data.subarray(c * pixels, (c + 1) * pixels);
    bias[c]! -= plane.reduce((sum, score) => sum + score) / pixels;
  }
}
