import { inputError } from '../base/errors.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { labelingsOf } from '../data/datasets/labelings.ts';
import { headName, type ModelConfig } from '../networks/model-config.ts';

/**
 * The heads of a network for a data set; undefined where one is enough.
 * @throws FcnError where the labelings cannot be heads, or images to validate are labeled otherwise than those to train on.
 */
export function headsFor(trainSet: Dataset, valSet: Dataset | undefined): ModelConfig['heads'] {
  const namesOf = (dataset: Dataset) => labelingsOf(dataset).map(({ name }) => name);
  const names = namesOf(trainSet);
  if (valSet && namesOf(valSet).join() !== names.join()) {
    const inWords = (dataset: Dataset) => namesOf(dataset).filter(Boolean).join(', ') || 'one labeling';
    throw inputError(
      `data ${valSet.name}: got ${inWords(valSet)}, expected ${inWords(trainSet)} as in ${trainSet.name}; label both splits alike`,
    );
  }
  if (!trainSet.labelings) return undefined;
  const wrong = names.find((name, i) => !headName.test(name) || names.indexOf(name) < i);
  if (wrong !== undefined) {
    throw inputError(
      `data ${trainSet.name}: got a labeling called '${wrong}', expected different names of lower-case letters and digits, ` +
        "and not 'overlay'; rename it",
    );
  }
  return trainSet.labelings.map(({ name, classes }) => ({ name, classes: [...classes] }));
}
