import type { LabelImage } from '../../../images/image.ts';
import { spend } from './effort.ts';

/** Lengths of runs of pixels outside and inside in turn, column by column from the upper left; outside comes first. */
export type Runs = readonly number[];

/** Runs from the ascending positions at which outside and inside change. Changes at one position cancel out. */
export function cocoRuns(positions: readonly number[]): Runs {
  const runs: number[] = [];
  let before = 0;
  for (let i = 0; i < positions.length; i++) {
    const length = positions[i]! - before;
    before = positions[i]!;
    if (length > 0 || i === 0) runs.push(length);
    else {
      // A run of nothing: the one behind it goes on with the one before.
      i++;
      if (i < positions.length) runs[runs.length - 1]! += positions[i]! - before;
      before = positions[i] ?? before;
    }
  }
  return runs;
}

/**
 * The runs of COCO's compressed form (rleFrString in cocoapi's common/maskApi.c): six bits a character from '0' on,
 * five of them digits; from the fourth run on, the difference to the run two before.
 * @returns undefined when the text is no such form
 */
export function decodeCocoRle(text: string): Runs | undefined {
  const runs: number[] = [];
  for (let i = 0; i < text.length; ) {
    let value = 0;
    let digit: number;
    let shift = 0;
    do {
      digit = text.charCodeAt(i++) - 48;
      if (!(digit >= 0 && digit < 64) || shift > 30) return undefined;
      value += (digit & 31) * 2 ** shift;
      shift += 5;
    } while (digit & 32);
    if (digit & 16) value -= 2 ** shift;
    if (runs.length > 2) value += runs[runs.length - 2]!;
    if (value < 0) return undefined;
    runs.push(value);
  }
  return runs;
}

/** Gives the pixels inside a value. The runs must cover the label map. */
export function paintRuns(label: LabelImage, runs: Runs, value: number): void {
  const { width, height, data } = label;
  let position = 0;
  for (const [index, length] of runs.entries()) {
    if (index % 2 === 1) {
      spend(label, length);
      for (let i = position; i < position + length; i++) {
        data[(i % height) * width + Math.floor(i / height)] = value;
      }
    }
    position += length;
  }
}
