import { inputError } from '../../base/errors.ts';
import { ignoreLabel } from '../images/image.ts';
import type { StoredMask } from '../images/stored-mask.ts';
import { valuesIn } from './check-label.ts';
import type { LabelMeaning } from './label-meaning.ts';

/**
 * Compares the palettes of the masks of a data set whose indices are read as classes. Programs that choose a palette for
 * each file give one class different indices in different files, which no single file shows.
 */
export class SamePalettes {
  /** The color of each index, and the first mask that has it. */
  readonly #seen = new Map<number, { readonly color: string; readonly file: string }>();

  /** @throws FcnError where an index that a mask uses has another color than in one that was read before */
  check({ palette, data }: StoredMask, { byColor, givesValues, isVoc }: LabelMeaning, file: string): void {
    // Where colors or values are written down, it is known what counts. Grays are looked at in each file (gray-palette.ts).
    if (!palette || byColor || givesValues || isVoc) return;
    const used = valuesIn(data).filter((index) => index !== ignoreLabel && palette[index] !== undefined);
    const colors = used.map((index) => palette[index]!.slice(0, 3));
    if (colors.every(([red, green, blue]) => red === green && red === blue)) return;
    for (const [i, index] of used.entries()) {
      const color = colors[i]!.join(' ');
      const before = this.#seen.get(index);
      if (before === undefined) this.#seen.set(index, { color, file });
      if (before === undefined || before.color === color) continue;
      throw inputError(
        `label ${file}: got the color ${color} at index ${index} of its palette, where ${before.file} has ${before.color}, as programs ` +
          `leave it that choose a palette for each file; if the colors are the classes, write them in classes.txt ('road ${color}'), ` +
          `if the indices are, write those ('road ${index}')`,
      );
    }
  }
}
