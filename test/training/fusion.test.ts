import { describe, expect, it } from 'vitest';
import { createSegmenter } from '../../src/inference/predict/segmenter.ts';
import { prepareRun, type RunSettings } from '../../src/training/prepare.ts';
import { train } from '../../src/training/train.ts';
import { loadModel } from '../../src/weights/model-file.ts';
import { tinyRun } from './tiny-run.ts';

describe('other ways to fuse scores', () => {
  it.each([
    ['fcn16s', 'max', ['score_fr', 'score_pool4']],
    ['fcn16s', 'finest', ['score_pool4']],
    ['fcn8s-resnet50', 'finest', ['score_layer2']],
  ] as const)('%s with %s learns, and its file says how it predicts', async (model, fusion, scored) => {
    const { run, prepared } = await tinyRun(
      { fusion, duration: { iterations: 4 } },
      { model, width: 1 / 32 },
    );
    await train({ ...prepared, run });
    const network = await loadModel(run.last);
    expect(network.config.fusion).toBe(fusion);
    const names = [...network.weights.keys()].filter((name) => /^score.*weight$/.test(name));
    expect(names.sort()).toEqual(scored.map((name) => `${name}.weight`));
    const segmenter = await createSegmenter(network, { threads: 1 });
    const scores = await segmenter.scores({ width: 20, height: 16, data: new Uint8Array(960).fill(90) });
    await segmenter.release();
    expect(scores.data.some((score) => score !== 0)).toBe(true);
    expect(scores.data.every(Number.isFinite)).toBe(true);
  });

  it('need skips: of stages, FCN-32s goes without, and alone it is refused', async () => {
    const settings: RunSettings = {
      ...{ command: 'test', data: 'shapes:?train=5&val=2&size=32', trainSplit: 'train', valSplit: 'val' },
      ...{ model: 'fcn32s', width: 1 / 32, init: 'none', recipe: 'classic', overrides: { fusion: 'max' } },
      ...{ order: 'shuffled', seed: 1, threads: 1, checkpointEvery: 3 },
    };
    const stages = await prepareRun(settings, { models: ['fcn32s', 'fcn16s'] });
    expect(stages.config.model.fusion).toBeUndefined();
    await expect(prepareRun(settings)).rejects.toThrow(
      /^fusion: got max for fcn32s, which has no skips, expected one of FCN-16s or 8s; name another model/,
    );
  });
});
