import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/data/images/image.ts';
import { createSegmenter } from '../../src/inference/predict/segmenter.ts';
import { modelNames } from '../../src/networks/model-names.ts';
import { receptiveFieldOf } from '../../src/networks/receptive-field.ts';
import { randomModel } from '../weights/models.ts';

const length = 709;

/** A row of black pixels with a white one. */
function spot(x: number): RgbImage {
  const data = new Uint8Array(length * 3);
  data.fill(255, x * 3, x * 3 + 3);
  return { width: length, height: 1, data };
}

// Where all weights are positive, biases are zero and black is zero, a score is above zero where the white pixel is seen and
// zero elsewhere.
describe('no score sees more than its receptive field, and some see most of it', () => {
  it.each(modelNames.filter(receptiveFieldOf))('%s', async (model) => {
    const input = { channels: 'RGB' as const, scale: 1, mean: zeros, std: ones };
    const network = randomModel({ model, numClasses: 1, classes: ['all'], width: 1 / 64, input });
    for (const [name, { data, shape }] of network.weights) {
      if (shape.length === 1)
        data.fill(/\.(weight|running_var)$/.test(name) ? 1 : 0); // these normalize nothing away
      else data.fill(name.startsWith('upscore') ? 1 : 2 / (shape[1]! * shape[2]!)); // so that numbers stay in range
    }
    const { reach, stride } = receptiveFieldOf(model)!;
    const segmenter = await createSegmenter(network, { threads: 1 });
    let farthest = 0;
    for (let x = 0; x < length; x += 2) {
      const { data } = await segmenter.scores(spot(x));
      const first = data.findIndex((score) => score > 0);
      const last = data.findLastIndex((score) => score > 0);
      farthest = Math.max(farthest, x - first, last - x);
    }
    await segmenter.release();
    expect(farthest).toBeLessThanOrEqual(reach);
    expect(farthest).toBeGreaterThan(reach - 2.5 * stride);
  });
});

const zeros: [number, number, number] = [0, 0, 0];
const ones: [number, number, number] = [1, 1, 1];
