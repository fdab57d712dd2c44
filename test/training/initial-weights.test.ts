import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inputPresets } from '../../src/data/input-config.ts';
import { initialWeights } from '../../src/training/prepare.ts';
import { formatFates } from '../../src/weights/fates.ts';
import { saveModel } from '../../src/weights/model-file.ts';
import { writeSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { temporaryFolder } from '../data/helpers.ts';
import { encodeCaffe, layersOf } from '../weights/caffe-writer.ts';
import { randomModel } from '../weights/models.ts';

const classifier = path.join(import.meta.dirname, '..', 'fixtures', 'classifier.safetensors');
const { config: fcn8s, weights: fcn8sWeights } = randomModel({ model: 'fcn8s' });
const atOnce = { ...fcn8s, model: 'fcn8s-atonce' } as const;

describe('the first weights of a run', () => {
  it("are torchvision's VGG-16, with torchvision's preprocessing unless the user says otherwise", async () => {
    const { input, fates, weights } = await initialWeights(fcn8s, { init: classifier, seed: 1 });
    expect(input).toEqual(inputPresets.torchvision);
    expect(weights.get('fc6.weight')!.shape).toEqual([64, 8, 7, 7]);
    expect(formatFates(fates)).toContain('reshaped 2: fc6, fc7');
    const asCaffe = await initialWeights(fcn8s, { init: classifier, seed: 1, input: 'caffe' });
    expect(asCaffe.input).toEqual(inputPresets.caffe);
  });

  it('are those of a Caffe model, with the preprocessing of Caffe', async () => {
    const init = path.join(await temporaryFolder(), 'fcn8s.caffemodel');
    await writeFile(init, encodeCaffe(layersOf(fcn8sWeights), 'v2'));
    const { input, fates } = await initialWeights(fcn8s, { init, seed: 1 });
    expect(input).toEqual(inputPresets.caffe);
    expect(formatFates(fates)).toBe('copied 39: conv1_1 ... upscore8');
    // A Caffe model at once would have scale layers: this is none.
    const other = await initialWeights(atOnce, { init, seed: 1 });
    expect(formatFates(other.fates)).toContain('rescaled 1: score_pool4');
  });

  it('are of a network at once when a file cannot tell and that is what will be trained', async () => {
    const init = path.join(await temporaryFolder(), 'weights.safetensors');
    await writeSafetensors(init, fcn8sWeights);
    const { fates } = await initialWeights(atOnce, { init, seed: 1 });
    expect(formatFates(fates)).toBe('copied 39: conv1_1 ... upscore8');
    await saveModel(init, { config: fcn8s, weights: fcn8sWeights });
    const known = await initialWeights(atOnce, { init, seed: 1 });
    expect(formatFates(known.fates)).toContain('rescaled 1: score_pool3');
  });

  it('bring their preprocessing when the file states it', async () => {
    const init = path.join(await temporaryFolder(), 'weights.safetensors');
    await saveModel(init, { config: fcn8s, weights: fcn8sWeights });
    await expect(initialWeights(fcn8s, { init, seed: 1, input: 'tensorflow' })).rejects.toThrow(
      /--input: got tensorflow, but .*weights.safetensors has its own preprocessing; leave --input out/,
    );
  });
});
