import { inputError } from '../../base/errors.ts';
import type { StoredMask } from '../images/stored-mask.ts';
import { type LabelMeaning, vocColors } from './label-meaning.ts';

/** Values and colors nearer than this are not told apart behind JPEG's compression. */
const minDistance = 48;
/** At edges, pixels are between two classes; where so many are, it is no mask. */
const maxFarShare = 0.25;

/**
 * The classes of a mask in a format that changes pixels: of each, the one whose value or color is nearest.
 * @throws FcnError where classes are too near to each other for that, or nothing says what colors stand for
 */
export function nearestLabels(mask: StoredMask, meaning: LabelMeaning, file: string): Uint8Array {
  const { channels, data } = mask;
  const hasColors = !isNearlyGray(mask);
  const colors = meaning.byColor ?? (meaning.isVoc && hasColors ? vocColors(meaning.numClasses) : undefined);
  const points = colors
    ? [...colors].map(([key, label]) => ({ label, color: [key >> 16, (key >> 8) & 255, key & 255] }))
    : [...meaning.byValue.entries()].flatMap(([value, label]) =>
        label < 0 ? [] : [{ label, color: [value, value, value] }],
      );
  if (!colors && hasColors) {
    throw inputError(
      `label ${file}: not a PNG file but a color picture (JPEG or WebP), expected a palette or gray PNG whose pixel value ` +
        "is the class; save it that way, or give every class its color in classes.txt ('road 128 64 128')",
    );
  }
  const distance = (a: readonly number[], b: readonly number[]) =>
    Math.hypot(...a.map((value, c) => value - b[c]!)) / (colors ? 1 : Math.sqrt(3));
  for (const [i, { color }] of points.entries()) {
    for (const other of points.slice(i + 1)) {
      if (distance(color, other.color) >= minDistance) continue;
      throw inputError(
        `label ${file}: not a PNG file but a lossy one (JPEG or WebP), which cannot tell ` +
          `${colors ? 'colors' : 'values'} as close as ${color.slice(0, colors ? 3 : 1).join(' ')} and ` +
          `${other.color.slice(0, colors ? 3 : 1).join(' ')} apart; save the masks as PNG from their source` +
          (colors || meaning.givesValues
            ? ''
            : ", or write their values in classes.txt ('background 0', 'road 255')"),
      );
    }
  }
  const known = new Map<number, { label: number; isFar: boolean }>();
  let far = 0;
  const labels = Uint8Array.from({ length: data.length / channels }, (_, i) => {
    const pixel = channels === 1 ? [data[i]!, data[i]!, data[i]!] : [...data.subarray(3 * i, 3 * i + 3)];
    const key = (pixel[0]! << 16) | (pixel[1]! << 8) | pixel[2]!;
    let nearest = known.get(key);
    if (!nearest) {
      const distances = points.map(({ color }) => distance(pixel, color));
      const least = Math.min(...distances);
      nearest = { label: points[distances.indexOf(least)]!.label, isFar: least > minDistance };
      known.set(key, nearest);
    }
    if (nearest.isFar) far++;
    return nearest.label;
  });
  if (far > maxFarShare * labels.length) {
    throw inputError(
      `label ${file}: got ${((100 * far) / labels.length).toFixed(0)} % of the pixels far from every class, expected a mask; ` +
        'check that it is not a photo, and check the values or colors in classes.txt',
    );
  }
  return labels;
}

/** Compression tints gray a little. */
function isNearlyGray({ channels, data }: StoredMask): boolean {
  return channels === 1 || data.every((value, i) => Math.abs(value - data[i - (i % 3)]!) <= minDistance / 4);
}
