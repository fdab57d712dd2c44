import type { Sample } from '../../../src/data/datasets/dataset.ts';
import { ignoreLabel, type LabelImage } from '../../../src/data/images/image.ts';

/** The share of the labeled pixels on which a prediction agrees. */
export function agreement(label: LabelImage, prediction: LabelImage | undefined): number | undefined {
  if (!prediction) return undefined;
  let labeled = 0;
  let same = 0;
  for (const [i, value] of label.data.entries()) {
    if (value === ignoreLabel) continue;
    labeled += 1;
    if (value === prediction.data[i]) same += 1;
  }
  return labeled > 0 ? same / labeled : undefined;
}

/** Takes a class out of a label map: its pixels lose their label, those of later classes get the number before. */
export function removeLabel({ data }: LabelImage, removed: number): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value === removed) data[i] = ignoreLabel;
    else if (value !== ignoreLabel && value > removed) data[i] = value - 1;
  }
}

/** The highest class that is drawn anywhere; -1 where none is. */
export function highestLabel(samples: readonly Pick<Sample, 'label'>[]): number {
  let highest = -1;
  for (const { label } of samples) {
    for (const value of label.data) if (value !== ignoreLabel && value > highest) highest = value;
  }
  return highest;
}
