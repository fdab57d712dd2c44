import { inputError } from '../../base/errors.ts';
import { valuesIn } from './check-label.ts';
import type { LabelMeaning } from './label-meaning.ts';

/**
 * The values of a palette mask whose colors are all gray, where the grays and not the indices are what is meant: programs
 * that make PNGs smaller turn a gray mask of few values into a palette, in any order.
 * @param file what messages call it: `label a.png`
 * @param wayOut what to do where it cannot be known
 * @returns undefined where indices count: where they stand for something and the grays do not, as where a palette only makes classes
 *   visible, and where the data set gives values
 * @throws FcnError where it cannot be known
 */
export function graysOfPalette(
  indices: Uint8Array,
  palette: readonly (readonly number[])[],
  { byValue, givesValues, assumesVoid }: Pick<LabelMeaning, 'byValue' | 'givesValues' | 'assumesVoid'>,
  file: string,
  wayOut: (index: number, gray: number) => string,
): Uint8Array | undefined {
  const used = valuesIn(indices);
  const grays = palette.map(([red, green, blue]) => (red === green && red === blue ? red! : -1));
  if (used.some((index) => (grays[index] ?? -1) < 0) || used.every((index) => grays[index] === index))
    return undefined;
  const areIndices = used.every((index) => byValue[index]! >= 0);
  const areGrays = used.every(
    (index) => byValue[grays[index]!]! >= 0 && !(grays[index] === 255 && assumesVoid),
  );
  const values = () => indices.map((index) => grays[index]!);
  if (!areIndices) return areGrays ? values() : undefined;
  const isNegative = used.length === 2 && grays[0] === 255 && grays[1] === 0;
  if (givesValues || (!areGrays && !isNegative)) return undefined;
  const odd = used.find((index) => grays[index] !== index)!;
  throw inputError(
    `${file}: got a palette in which index ${odd} is the gray ${grays[odd]}, as programs leave it that make files smaller; ` +
      wayOut(odd, grays[odd]!),
  );
}
