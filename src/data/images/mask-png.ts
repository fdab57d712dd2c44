import { decode, hasPngSignature } from 'fast-png';
import { inputError, reasonOf } from '../../base/errors.ts';
import type { LabelImage } from './image.ts';
import { decodeWithPalette } from './label-png.ts';
import type { Color } from './palette.ts';

/** What a pixel of a color stands for, by `keyOf` the color. */
export type LabelsByColor = ReadonlyMap<number, number>;

export function keyOf([red, green, blue]: Color): number {
  return (red << 16) | (green << 8) | blue;
}

/**
 * The labels of a mask that someone has drawn. Gray values are labels, as decodeLabelPng reads them. RGB or RGBA pixels
 * (alpha does not count) are labels by their colors; so are those of a palette, whose order may be any tool's, where it
 * is known what colors stand for, and by their index otherwise.
 * @param labels undefined where it is not known what colors stand for
 * @throws FcnError naming the file, and the first pixel of an unknown color
 */
export function decodeMaskPng(
  bytes: Uint8Array,
  file: string,
  labels: LabelsByColor | undefined,
): LabelImage {
  if (!hasPngSignature(bytes) || !isColored(bytes)) {
    const { label, palette } = decodeWithPalette(bytes, file);
    return labels && palette ? labelsOfPalette(label, palette, labels, file) : label;
  }
  if (!labels) {
    throw inputError(
      `label ${file}: got RGB pixels, expected a palette or gray PNG whose pixel value is the class; save it so, or ` +
        "give every class its color in classes.txt ('road 128 64 128')",
    );
  }
  const { width, height, channels, depth, data: pixels } = decodePng(bytes, file);
  if (depth !== 8) throw inputError(`label ${file}: got ${depth} bits a channel, expected 8`);
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const color: Color = [pixels[i * channels]!, pixels[i * channels + 1]!, pixels[i * channels + 2]!];
    const label = labels.get(keyOf(color));
    if (label === undefined) {
      throw inputError(
        `label ${file}: got color ${color.join(' ')} at ${at(i, width)}, expected one of classes.txt`,
      );
    }
    data[i] = label;
  }
  return { width, height, data };
}

/** @param indices of the palette, by pixel */
function labelsOfPalette(
  { width, height, data: indices }: LabelImage,
  palette: readonly (readonly number[])[],
  labels: LabelsByColor,
  file: string,
): LabelImage {
  const byIndex = palette.map(([red = 0, green = 0, blue = 0]) => labels.get(keyOf([red, green, blue])));
  const data = new Uint8Array(indices.length);
  for (let i = 0; i < data.length; i++) {
    const index = indices[i]!;
    const label = byIndex[index];
    if (label === undefined) {
      const color = palette[index] ? `color ${palette[index].slice(0, 3).join(' ')}` : 'no color';
      throw inputError(
        `label ${file}: got palette index ${index}, ${color}, at ${at(i, width)}, expected a color of classes.txt; ` +
          'add it there, or leave the colors out of classes.txt if palette indices are the classes',
      );
    }
    data[i] = label;
  }
  return { width, height, data };
}

function at(pixel: number, width: number): string {
  return `x ${pixel % width}, y ${Math.floor(pixel / width)}`;
}

/** The color type in the header chunk (PNG specification, 11.2.1): 2 RGB, 6 RGBA. */
function isColored(bytes: Uint8Array): boolean {
  return bytes[25] === 2 || bytes[25] === 6;
}

function decodePng(bytes: Uint8Array, file: string): ReturnType<typeof decode> {
  try {
    return decode(bytes, { checkCrc: true });
  } catch (thrown) {
    throw inputError(`label ${file}: damaged PNG (${reasonOf(thrown)}); replace the file`, thrown);
  }
}
