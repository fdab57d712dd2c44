import { expect, it } from 'vitest';
import { createSegmenter } from '../../src/inference/predict/segmenter.ts';
import { train } from '../../src/training/train.ts';
import { loadModel } from '../../src/weights/model-file.ts';
import { tinyRun } from './tiny-run.ts';

it('a background that always scores zero is not learned, and its file says so', async () => {
  const { run, prepared } = await tinyRun({
    ...{ background: 'zero', objective: 'sigmoid', duration: { iterations: 4 }, learningRate: 0.01 },
  });
  await train({ ...prepared, run });
  const model = await loadModel(run.last);
  expect(model.config.background).toBe('zero');
  const { data, shape } = model.weights.get('score_fr.weight')!;
  const size = data.length / shape[0]!;
  const lengths = Array.from({ length: shape[0]! }, (_, c) =>
    Math.hypot(...data.subarray(c * size, (c + 1) * size)),
  );
  expect(lengths[0]).toBe(0);
  expect(Math.min(...lengths.slice(1))).toBeGreaterThan(0);
  const segmenter = await createSegmenter(model, { threads: 1 });
  const image = { width: 20, height: 16, data: new Uint8Array(3 * 320).fill(90) };
  const scores = (await segmenter.scores(image)).data;
  await segmenter.release();
  expect(scores.subarray(0, 320).every((score) => score === 0)).toBe(true);
  expect(scores.subarray(320).some((score) => score !== 0)).toBe(true);
});
