import sharp from 'sharp';
import { inputError, reasonOf } from '../../../base/errors.ts';
import { readInput } from '../../../base/files.ts';
import { readImage } from '../../images/decode.ts';
import type { RgbImage } from '../../images/image.ts';

/** The pixels of an image as tools show it to annotators, turned upright as its EXIF data says. */
export async function readUpright(file: string): Promise<RgbImage> {
  return readImage(file, { orient: true });
}

/** Width and height of an image file when it is upright, from its header. @throws FcnError naming the file */
export async function uprightSize(file: string): Promise<{ width: number; height: number }> {
  const bytes = await readInput(file, 'image');
  try {
    const { autoOrient } = await sharp(bytes).metadata();
    return autoOrient;
  } catch (thrown) {
    throw inputError(`image ${file}: cannot be decoded (${reasonOf(thrown)})`, thrown);
  }
}
