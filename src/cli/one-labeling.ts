import type { Dataset } from '../data/datasets/dataset.ts';

/** What to say of data with several labelings where a command has a use for one alone. */
export function aboutOneLabeling(dataset: Dataset | undefined, done: string): string[] {
  const [first, ...others] = dataset?.labelings ?? [];
  if (!first) return [];
  const names = others.map(({ name }) => name).join(', ');
  return [
    `only the ${first.name} labels are ${done}; for ${names}, write ?labels=${others[0]!.name} behind the folder`,
  ];
}
