import { inputError } from '../../../src/base/errors.ts';
import type { Drawing } from './drawing.ts';
import { createAnother, createClass, type DrawnClass, mostClasses } from './drawn-class.ts';
import { highestLabel, removeLabel } from './labels.ts';
import type { TrainState } from './train-state.ts';

export type ClassChange = Partial<Pick<DrawnClass, 'name' | 'color'>>;

/** With one more class, which the brush paints. */
export function addClass({ classes, drawings }: TrainState): Partial<TrainState> {
  const taken = new Set(classes.map(({ name }) => name));
  let number = classes.length;
  while (taken.has(`class ${number}`)) number += 1;
  return {
    classes: [...classes, createAnother(`class ${number}`, classes)],
    ...{ chosen: classes.length, isErasing: false, drawings: drawings.map(withoutPrediction) },
  };
}

/** Without a class, and without what was drawn of it. What was drawn before cannot be taken back: numbers have changed. */
export function removeClass({ classes, drawings, chosen }: TrainState, removed: number): Partial<TrainState> {
  return {
    classes: classes.filter((_, index) => index !== removed),
    chosen: Math.min(chosen, classes.length - 2),
    drawings: drawings.map((drawing) => {
      const label = { ...drawing.label, data: drawing.label.data.slice() };
      removeLabel(label, removed);
      return { ...drawing, label, past: [], prediction: undefined };
    }),
  };
}

/** @throws FcnError when the name is empty or another class has it. */
export function changeClass(
  { classes }: TrainState,
  index: number,
  change: ClassChange,
): Partial<TrainState> {
  const name = change.name?.trim() ?? classes[index]!.name;
  const isTaken = classes.some((other, i) => i !== index && other.name === name);
  if (name === '' || isTaken) {
    throw inputError(
      `class ${index}: got ${name === '' ? 'no name' : `the name '${name}' twice`}, expected a name of its own`,
    );
  }
  return { classes: classes.map((old, i) => (i === index ? { ...old, ...change, name } : old)) };
}

/** With the classes of a file, where the labels that are drawn allow it. */
export function adoptClasses(state: TrainState, names: readonly string[]): Partial<TrainState> {
  const { drawings, chosen } = state;
  if (hasClasses(state, names) || names.length > mostClasses) return {};
  if (highestLabel(drawings) >= names.length) return {};
  return {
    classes: names.map(createClass),
    chosen: Math.min(chosen, names.length - 1),
    drawings: drawings.map(withoutPrediction),
  };
}

export function hasClasses({ classes }: Pick<TrainState, 'classes'>, names: readonly string[]): boolean {
  return classes.length === names.length && classes.every(({ name }, i) => name === names[i]);
}

/** Once the numbers mean other classes, predictions that there are say nothing. */
export function withoutPrediction(drawing: Drawing): Drawing {
  return { ...drawing, prediction: undefined };
}
