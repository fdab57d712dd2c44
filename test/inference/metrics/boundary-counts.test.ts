import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import type { LabelImage } from '../../../src/data/images/image.ts';
import { BoundaryCounts, boundaryOf } from '../../../src/inference/metrics/boundary-counts.ts';

const numClasses = 3;

/** Blobs of classes, some void, some noise. */
function drawLabel(seed: number, width: number, height: number, withVoid: boolean): LabelImage {
  const stream = random('boundary', seed);
  const data = new Uint8Array(width * height);
  for (let blob = 0; blob < 6; blob++) {
    const label = withVoid && blob === 5 ? 255 : stream.integer(numClasses);
    const [x0, y0] = [stream.integer(width), stream.integer(height)];
    const [w, h] = [3 + stream.integer(width), 3 + stream.integer(height)];
    for (let y = y0; y < Math.min(height, y0 + h); y++) {
      data.fill(label, y * width + x0, y * width + Math.min(width, x0 + w));
    }
  }
  if (stream.uniform() < 0.5) data[stream.integer(data.length)] = stream.integer(numClasses);
  return { width, height, data };
}

/** As the paper's own code: the mask of a class, eroded d times by 3x3, what is beyond the image being none of it. */
function boundaryOfMask(mask: boolean[], width: number, height: number, distance: number): boolean[] {
  let eroded = mask;
  for (let time = 0; time < distance; time++) {
    const before = eroded;
    eroded = before.map((_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
          if (!inside || !before[(y + dy) * width + x + dx]) return false;
        }
      }
      return true;
    });
  }
  return mask.map((is, i) => is && !eroded[i]);
}

describe('Boundary IoU', () => {
  it('is that of eroded masks', () => {
    for (let seed = 0; seed < 40; seed++) {
      const [width, height] = [20 + (seed % 7) * 13, 15 + (seed % 5) * 21];
      const truth = drawLabel(seed, width, height, seed % 2 === 0);
      const prediction = drawLabel(seed + 1000, width, height, false);
      const counts = new BoundaryCounts(numClasses);
      counts.add(truth, prediction);
      const distance = Math.max(1, Math.round(0.02 * Math.sqrt(width ** 2 + height ** 2)));
      const valid = (i: number) => truth.data[i] !== 255;
      for (let label = 0; label < numClasses; label++) {
        const [g, p] = [truth, prediction].map(({ data }) =>
          boundaryOfMask(
            Array.from(data, (value) => value === label),
            width,
            height,
            distance,
          ),
        ) as [boolean[], boolean[]];
        const both = g.filter((is, i) => is && p[i] && valid(i)).length;
        const either = g.filter((is, i) => (is || p[i]) && valid(i)).length;
        expect(counts.iou(label) ?? -1, `seed ${seed}, class ${label}`).toBeCloseTo(
          either > 0 ? both / either : -1,
          12,
        );
      }
    }
  });

  it('adds up over images', () => {
    const pairs = [1, 2, 3].map((seed) => {
      return [drawLabel(seed, 60, 40, true), drawLabel(seed + 50, 60, 40, false)] as const;
    });
    const together = new BoundaryCounts(numClasses);
    const merged = new BoundaryCounts(numClasses);
    for (const [truth, prediction] of pairs) {
      together.add(truth, prediction);
      const alone = new BoundaryCounts(numClasses);
      alone.add(truth, prediction);
      merged.merge(alone);
    }
    expect(merged).toEqual(together);
    expect(together.both.some((pixels) => pixels > 0)).toBe(true);
  });

  it('is 1 for the truth itself, and takes the edge of the image for a boundary', () => {
    const label = { width: 7, height: 5, data: new Uint8Array(35) };
    const counts = new BoundaryCounts(2);
    counts.add(label, label);
    expect([counts.iou(0), counts.iou(1)]).toEqual([1, null]);
    expect(boundaryOf(label, 1).reduce((sum, is) => sum + is, 0)).toBe(35 - 5 * 3);
    expect(boundaryOf(label, 3).every((is) => is === 1)).toBe(true);
  });
});
