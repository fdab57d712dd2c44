import { ignoreLabel, type LabelImage } from './image.ts';

/** The labels that occur in any of the label maps, in ascending order. */
export function presentLabels(...maps: LabelImage[]): number[] {
  const present = new Set<number>();
  for (const { data } of maps) for (const label of data) present.add(label);
  return [...present].sort((a, b) => a - b);
}

/** What a legend calls a label: its class name, `void`, or its number where there is no name. */
export function labelName(label: number, classNames: readonly string[]): string {
  return classNames[label] ?? (label === ignoreLabel ? 'void' : `class ${label}`);
}
