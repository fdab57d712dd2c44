import { describe, expect, it } from 'vitest';
import { random } from '../../../src/base/rng.ts';
import { ConfusionMatrix } from '../../../src/inference/metrics/confusion-matrix.ts';
import { metricsOf } from '../../../src/inference/metrics/metrics.ts';
import { formatMetrics } from '../../../src/inference/metrics/table.ts';

function matrixOf(rows: number[][]): ConfusionMatrix {
  const matrix = new ConfusionMatrix(rows.length);
  matrix.counts.set(rows.flat());
  return matrix;
}

describe('metricsOf', () => {
  it('gives the four metrics of a matrix worked out by hand', () => {
    const metrics = metricsOf(
      matrixOf([
        [3, 1],
        [1, 2],
      ]),
      ['background', 'cat'],
    );
    expect(metrics).toMatchObject({
      pixels: 7,
      classes: [
        { name: 'background', iou: 3 / 5, accuracy: 3 / 4, pixels: 4 },
        { name: 'cat', iou: 2 / 4, accuracy: 2 / 3, pixels: 3 },
      ],
      confusionMatrix: [
        [3, 1],
        [1, 2],
      ],
    });
    expect(metrics.pixelAccuracy).toBeCloseTo(5 / 7, 12);
    expect(metrics.meanAccuracy).toBeCloseTo((3 / 4 + 2 / 3) / 2, 12);
    expect(metrics.meanIoU).toBeCloseTo(0.55, 12);
    expect(metrics.fwIoU).toBeCloseTo((4 * 0.6 + 3 * 0.5) / 7, 12);
  });

  it('leaves out a class that occurs nowhere, and counts one that was only predicted as IoU 0', () => {
    const metrics = metricsOf(
      matrixOf([
        [3, 1, 0],
        [0, 0, 0],
        [0, 0, 0],
      ]),
      ['a', 'predicted', 'absent'],
    );
    expect(metrics.classes).toEqual([
      { name: 'a', iou: 0.75, accuracy: 0.75, pixels: 4, recall: 0.75, precision: 1, dice: 6 / 7 },
      { name: 'predicted', iou: 0, accuracy: null, pixels: 0, recall: null, precision: 0, dice: 0 },
      { name: 'absent', iou: null, accuracy: null, pixels: 0, recall: null, precision: null, dice: null },
    ]);
    expect(metrics.meanIoU).toBe(0.375);
    expect(metrics.meanAccuracy).toBe(0.75);
    expect(metrics.fwIoU).toBe(0.75);
    expect(metrics.meanDice).toBe(3 / 7);
  });

  it('agrees with sets of pixels on random label maps', () => {
    for (let seed = 0; seed < 50; seed++) {
      const stream = random('metrics', seed);
      const numClasses = 1 + stream.integer(6);
      const truth = draw(1 + stream.integer(200), () =>
        stream.uniform() < 0.1 ? 255 : stream.integer(numClasses),
      );
      const prediction = draw(truth.length, () => stream.integer(numClasses));
      truth[0] = 0; // at least one pixel to score
      const matrix = new ConfusionMatrix(numClasses);
      matrix.add(truth, prediction);
      const metrics = metricsOf(matrix, namesOf(numClasses));

      const valid = pixelsWhere(truth, (t) => t !== 255);
      const right = valid.filter((p) => truth[p] === prediction[p]);
      const ious: number[] = [];
      const accuracies: number[] = [];
      let weighted = 0;
      for (let c = 0; c < numClasses; c++) {
        const isTrue = new Set(valid.filter((p) => truth[p] === c));
        const predicted = new Set(valid.filter((p) => prediction[p] === c));
        const both = [...isTrue].filter((p) => predicted.has(p)).length;
        const either = new Set([...isTrue, ...predicted]).size;
        if (either > 0) ious.push(both / either);
        if (isTrue.size > 0) accuracies.push(both / isTrue.size);
        const { recall, precision, dice } = metrics.classes[c]!;
        expect(recall ?? -1).toBeCloseTo(isTrue.size > 0 ? both / isTrue.size : -1, 12);
        expect(precision ?? -1).toBeCloseTo(predicted.size > 0 ? both / predicted.size : -1, 12);
        // The harmonic mean of the two, where both are.
        if (both > 0) expect(dice).toBeCloseTo(2 / (1 / recall! + 1 / precision!), 12);
        else expect(dice).toBe(either > 0 ? 0 : null);
        if (isTrue.size > 0) weighted += (isTrue.size / valid.length) * (both / either);
      }
      expect(metrics.pixels).toBe(valid.length);
      expect(metrics.pixelAccuracy).toBeCloseTo(right.length / valid.length, 12);
      expect(metrics.meanIoU).toBeCloseTo(average(ious), 12);
      expect(metrics.meanAccuracy).toBeCloseTo(average(accuracies), 12);
      expect(metrics.fwIoU).toBeCloseTo(weighted, 12);
    }
  });

  it('refuses to score nothing', () => {
    expect(() => metricsOf(new ConfusionMatrix(2), ['a', 'b'])).toThrow('got no labeled pixel');
  });

  it('becomes the JSON that scripts rely on', () => {
    const json = JSON.parse(
      JSON.stringify(
        metricsOf(
          matrixOf([
            [1, 0],
            [0, 0],
          ]),
          ['a', 'b'],
        ),
      ),
    );
    expect(json).toEqual({
      images: 0,
      pixels: 1,
      pixelAccuracy: 1,
      meanAccuracy: 1,
      meanIoU: 1,
      fwIoU: 1,
      meanDice: 1,
      classes: [
        { name: 'a', iou: 1, accuracy: 1, pixels: 1, recall: 1, precision: 1, dice: 1 },
        { name: 'b', iou: null, accuracy: null, pixels: 0, recall: null, precision: null, dice: null },
      ],
      confusionMatrix: [
        [1, 0],
        [0, 0],
      ],
    });
  });
});

describe('formatMetrics', () => {
  it('shows every class and the four metrics in percent', () => {
    const text = formatMetrics(
      metricsOf(
        matrixOf([
          [3, 1, 0],
          [1, 2, 0],
          [0, 0, 0],
        ]),
        ['sky', 'tree', 'absent'],
      ),
    );
    const cells = text.split('\n').map((line) => line.trim().split(/\s{2,}/));
    expect(cells).toContainEqual(['sky', '60.00', '75.00', '75.00', '75.00', '4']);
    expect(cells).toContainEqual(['tree', '50.00', '66.67', '66.67', '66.67', '3']);
    expect(cells).toContainEqual(['absent', '-', '-', '-', '-', '0']);
    expect(cells).toContainEqual(['mean IoU', '55.00']);
    expect(cells).toContainEqual(['mean accuracy', '70.83']);
    expect(cells).toContainEqual(['pixel accuracy', '71.43']);
    expect(cells).toContainEqual(['frequency weighted IoU', '55.71']);
    expect(cells).toContainEqual(['mean Dice', '70.83']);
  });
});

const draw = (n: number, value: () => number) => Uint8Array.from({ length: n }, value);
const namesOf = (n: number) => Array.from({ length: n }, (_, i) => `class ${i}`);
const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const pixelsWhere = (labels: Uint8Array, keep: (label: number) => boolean) =>
  [...labels.keys()].filter((pixel) => keep(labels[pixel]!));
