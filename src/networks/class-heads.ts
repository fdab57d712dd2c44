import type { ModelConfig } from './model-config.ts';

/** One of the labelings that a network predicts, each by layers of its own on the same features. */
export interface ClassHead {
  /** As in `geometric`; empty where the network has one head. */
  readonly name: string;
  readonly numClasses: number;
  /** What the names of its layers end in, and those of what goes into graphs and comes out: nothing for the first, `_NAME` for others. */
  readonly suffix: string;
}

/** The heads of a network: one, unless its configuration lists several. */
export function headsOf({ numClasses, heads }: Pick<ModelConfig, 'numClasses' | 'heads'>): ClassHead[] {
  if (!heads) return [{ name: '', numClasses, suffix: '' }];
  return heads.map(({ name, classes }, i) => ({
    ...{ name, numClasses: classes.length, suffix: i === 0 ? '' : `_${name}` },
  }));
}

/** The names of each head's classes. */
export function classesOfHeads({
  classes,
  heads,
}: Pick<ModelConfig, 'heads'> & { readonly classes: readonly string[] }): readonly (readonly string[])[] {
  return heads ? heads.map((head) => head.classes) : [classes];
}

/** How many classes all heads have together: as many scores as there are for a pixel. */
export function scoresPerPixel(architecture: Pick<ModelConfig, 'numClasses' | 'heads'>): number {
  return headsOf(architecture).reduce((sum, { numClasses }) => sum + numClasses, 0);
}

/** The names of all heads but the first. */
export function furtherHeads({ heads = [] }: Pick<ModelConfig, 'heads'>): string[] {
  return heads.slice(1).map(({ name }) => name);
}
