import type { Choice, Chosen } from './finetune.ts';

/** Names under which tools and people keep what is to be validated on, the usual one first. */
const validationNames = ['val', 'valid', 'validation', 'test'];

/** Holds `train` and `val`, and stands in for the first where data are published without it, as SIFT Flow's are. */
const joined = 'trainval';

interface Splits {
  readonly trainSplit: string;
  readonly valSplit: string;
}

/**
 * The splits to train and to validate on: `train` and `val`, or what serves in their place. Where there is no `train`, two
 * others share the work; where nothing serves, the usual name stays, which is then said to be missing.
 * @param known the splits of the data
 */
export function chooseSplits(known: readonly string[], asked: Partial<Splits>): Chosen<Splits> {
  const others = (taken: string | undefined) =>
    (taken === joined ? ['test'] : validationNames).filter((name) => name !== taken && known.includes(name));
  const spare = others(asked.valSplit);
  const standIn = () => {
    if (known.includes('train')) return undefined;
    if (known.includes(joined) && (asked.valSplit ?? 'test') === 'test' && known.includes('test'))
      return joined;
    return spare.length > 1 || asked.valSplit !== undefined ? spare[0] : undefined;
  };
  const trainSplit = asked.trainSplit ?? standIn() ?? 'train';
  const valSplit = asked.valSplit ?? others(trainSplit)[0] ?? 'val';
  const choice = (setting: string, value: string, usual: string, isAsked: boolean): Choice[] =>
    isAsked || value === usual ? [] : [{ setting, value, reason: reasonFor(usual) }];
  const reasonFor = (usual: string) =>
    usual === trainSplit ? `${usual} is used for training` : `there is no split ${usual}`;
  return {
    values: { trainSplit, valSplit },
    choices: [
      ...choice('trained on', trainSplit, 'train', asked.trainSplit !== undefined),
      ...choice('validated on', valSplit, 'val', asked.valSplit !== undefined),
    ],
  };
}
