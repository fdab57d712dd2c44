import type { LabelImage } from '../../data/images/image.ts';
import { labelName } from '../../data/images/legend.ts';

export interface ClassShare {
  readonly label: number;
  readonly name: string;
  /** Of all pixels, 0 to 1. */
  readonly share: number;
}

/** The classes that are in a class map, the largest first. */
export function classShares({ data }: LabelImage, classNames: readonly string[]): ClassShare[] {
  const counts = new Uint32Array(256);
  for (const label of data) counts[label]!++;
  return [...counts]
    .map((count, label) => ({ label, name: labelName(label, classNames), share: count / data.length }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share || a.label - b.label);
}
