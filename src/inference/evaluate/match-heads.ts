import { inputError } from '../../base/errors.ts';
import type { Dataset, Labeling } from '../../data/datasets/dataset.ts';
import { labelingsOf } from '../../data/datasets/labelings.ts';
import { type ClassHead, classesOfHeads, headsOf } from '../../networks/class-heads.ts';
import type { ModelConfig } from '../../networks/model-config.ts';

/** A labeling of a data set that a head of a network predicts. */
export interface Match extends Labeling {
  /** Their numbers in the data set and in the network. */
  readonly labeling: number;
  readonly head: number;
}

type Config = Pick<ModelConfig, 'model' | 'numClasses' | 'heads'> & { readonly classes: readonly string[] };

/**
 * What of a data set a network can be scored on. Where both have several labelings they go by their names; where one of them has a single
 * one, by the classes.
 * @returns at least one, in the order of the data set
 * @throws FcnError where there is none, or one has other classes in the network.
 */
export function matchHeads(config: Config, dataset: Dataset): Match[] {
  const heads = headsOf(config);
  const labelings = labelingsOf(dataset);
  const matches = labelings.flatMap((labeling, number): Match[] => {
    const head = heads.length === 1 && labelings.length === 1 ? 0 : headFor(config, labeling);
    if (head === undefined) return [];
    return [{ ...labeling, name: labeling.name || heads[head]!.name, labeling: number, head }];
  });
  if (matches.length === 0) throw otherClasses(config, heads, dataset.name, labelings);
  for (const match of matches) checkClasses(config, dataset.name, match);
  return matches;
}

/** The head for a labeling of several, or of a network with several. */
function headFor(config: Config, { name, classes }: Labeling): number | undefined {
  const named = headsOf(config).findIndex((head) => name !== '' && head.name === name);
  if (named >= 0) return named;
  const isForAny = name === '' || !config.heads;
  const ofHeads = classesOfHeads(config);
  const isSame = (own: readonly string[]) => own.join('\n') === classes.join('\n');
  const same = ofHeads.findIndex(isSame);
  const found = same >= 0 ? same : ofHeads.findIndex((own) => own.length === classes.length);
  return isForAny && found >= 0 ? found : undefined;
}

function checkClasses(config: Config, data: string, match: Match): void {
  const classes = classesOfHeads(config)[match.head]!;
  if (classes.length !== match.classes.length) {
    throw otherClasses(config, [headsOf(config)[match.head]!], data, [match]);
  }
  checkNames({ ...config, classes }, data, match);
}

function otherClasses(
  { model }: Config,
  heads: readonly ClassHead[],
  data: string,
  labelings: readonly Labeling[],
): Error {
  const counted = (counts: readonly number[]) => counts.join(' and ');
  return inputError(
    `evaluate: got a network with ${counted(heads.map(({ numClasses }) => numClasses))} classes (${model}), expected ` +
      `${counted(labelings.map(({ classes }) => classes.length))} as in ${data}; choose weights trained for these classes`,
  );
}

/** Another order of the same names is scored wrong, class for class; other names may be other words for the same. */
function checkNames({ classes, model }: Config, data: string, match: Match): void {
  const isSame = classes.every((name, index) => name === match.classes[index]);
  if (isSame || !classes.every((name) => match.classes.includes(name))) return;
  throw inputError(
    `evaluate: got a network with the classes ${classes.join(', ')} (${model}), expected the order of ${data}: ` +
      `${match.classes.join(', ')}; put the lines of classes.txt in the network's order`,
  );
}
