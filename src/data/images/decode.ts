import sharp from 'sharp';
import { inputError, reasonOf } from '../../base/errors.ts';
import { readInput } from '../../base/files.ts';
import { bytesOf } from '../../base/tensor.ts';
import type { RgbImage } from './image.ts';

export interface DecodeOptions {
  /**
   * Turn the image upright as its EXIF data says. Right for a photograph that someone wants segmented; wrong for a
   * data set, whose labels align with the pixels as they are stored. Default: false.
   */
  readonly orient?: boolean;
}

/** The pixels of an image file. @throws FcnError naming the file when it is missing, not an image, or damaged. */
export async function readImage(file: string, options: DecodeOptions = {}): Promise<RgbImage> {
  return decodeImage(await readInput(file, 'image'), file, options);
}

/**
 * The pixels of a JPEG, PNG, WebP, TIFF, GIF or AVIF image as 8-bit RGB: gray is repeated, alpha dropped. Color
 * profiles are not applied: networks are trained on stored values (Caffe, Pillow and OpenCV ignore profiles too).
 * @param name what error messages call it.
 * @throws FcnError naming it when it is not an image, truncated or damaged.
 */
export async function decodeImage(
  bytes: Uint8Array,
  name: string,
  { orient = false }: DecodeOptions = {},
): Promise<RgbImage> {
  const decode = (failOn: 'warning' | 'error') =>
    sharp(bytes, { failOn, ignoreIcc: true, autoOrient: orient })
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  try {
    // A JPEG with damaged pixels is only a warning to libjpeg. So is a header that some cameras write wrong and
    // every decoder reads right; that one alone may pass.
    const { data, info } = await decode('warning').catch((thrown) => {
      if (/Invalid SOS parameters/.test(reasonOf(thrown))) return decode('error');
      throw thrown;
    });
    if (info.channels !== 3) throw new Error(`it has ${info.channels} channels after the conversion to RGB`);
    return { width: info.width, height: info.height, data: bytesOf(data) };
  } catch (thrown) {
    throw inputError(
      `image ${name}: cannot be decoded (${reasonOf(thrown)}), expected an undamaged JPEG, PNG, WebP or TIFF image; ` +
        'replace the file or save it again',
      thrown,
    );
  }
}
