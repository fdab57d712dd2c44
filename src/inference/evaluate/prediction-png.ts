import { type DecodedPng, decode } from 'fast-png';
import { inputError, reasonOf } from '../../base/errors.ts';
import { readInput } from '../../base/files.ts';
import type { LabelImage } from '../../data/images/image.ts';
import { decodeLabelPng } from '../../data/images/label-png.ts';
import { vocPalette } from '../../data/images/palette.ts';

/**
 * The classes in a segmentation PNG, whoever made it: palette indices or gray values are the classes; RGB pixels must
 * have the exact colors of PASCAL VOC, by which class numbers are told.
 * @throws FcnError naming the file, and the pixel whose color is none of VOC's.
 */
export async function readPrediction(file: string): Promise<LabelImage> {
  const bytes = await readInput(file, 'prediction');
  return isTrueColorPng(bytes) ? classesOfColors(decodePng(bytes, file), file) : decodeLabelPng(bytes, file);
}

/** PNG specification, 11.2.1: the color type is 2 for RGB, 6 with alpha. */
function isTrueColorPng(bytes: Uint8Array): boolean {
  const isPng = Buffer.from(bytes.subarray(1, 4)).toString('latin1') === 'PNG';
  return isPng && (bytes[25] === 2 || bytes[25] === 6);
}

function decodePng(bytes: Uint8Array, file: string): DecodedPng {
  try {
    return decode(bytes, { checkCrc: true });
  } catch (thrown) {
    throw inputError(`prediction ${file}: damaged PNG (${reasonOf(thrown)}); replace the file`, thrown);
  }
}

/** Alpha, where there is one, does not count. */
function classesOfColors({ width, height, channels, depth, data }: DecodedPng, file: string): LabelImage {
  if (depth !== 8) throw inputError(`prediction ${file}: got ${depth} bits a channel, expected 8`);
  const classOfColor = new Map(vocPalette().map(([r, g, b], index) => [(r << 16) | (g << 8) | b, index]));
  const classes = new Uint8Array(width * height);
  for (let pixel = 0; pixel < classes.length; pixel++) {
    const [r, g, b] = data.subarray(pixel * channels) as unknown as [number, number, number];
    const index = classOfColor.get((r << 16) | (g << 8) | b);
    if (index === undefined) {
      const place = `x ${pixel % width}, y ${Math.floor(pixel / width)}`;
      throw inputError(
        `prediction ${file}: got color (${r}, ${g}, ${b}) at ${place}, expected the colors of PASCAL VOC; ` +
          'save class numbers as a palette or gray PNG',
      );
    }
    classes[pixel] = index;
  }
  return { width, height, data: classes };
}
