import { inputError, reasonOf } from '../../../base/errors.ts';
import { readInput } from '../../../base/files.ts';
import { sharp } from '../../../base/sharp.ts';
import { hasBmpSignature } from '../../images/bmp.ts';
import { decodeImage } from '../../images/decode.ts';

/** Width and height of an image file when it is upright, from its header. @throws FcnError naming the file */
export async function uprightSize(file: string): Promise<{ width: number; height: number }> {
  const bytes = await readInput(file, 'image');
  if (hasBmpSignature(bytes)) return decodeImage(bytes, file); // sharp does not know BMP
  try {
    const { autoOrient } = await sharp(bytes).metadata();
    return autoOrient;
  } catch (thrown) {
    throw inputError(`image ${file}: cannot be decoded (${reasonOf(thrown).split('\n')[0]})`, thrown);
  }
}
