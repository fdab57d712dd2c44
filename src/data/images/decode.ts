import { inputError, reasonOf } from '../../base/errors.ts';
import { readInput } from '../../base/files.ts';
import { type Metadata, sharp } from '../../base/sharp.ts';
import { decodeBmpColors, hasBmpSignature } from './bmp.ts';
import type { RgbImage } from './image.ts';
import type { Pose } from './orientation.ts';
import { mistakenForImage } from './other-kinds.ts';
import { readSamples, UnsuitableImage } from './read-samples.ts';
import { remarks } from './remarks.ts';
import { samplesToRgb } from './samples-to-rgb.ts';

/** The pixels of an image file, upright, and what was special about it. */
export interface DecodedImage {
  readonly image: RgbImage;
  readonly pose: Pose;
  /** See remarks.ts. */
  readonly remarks: readonly string[];
}

/** Of all that libvips reads, what is an image of pixels: no drawing (SVG), no document, no data of scientists. */
const formats: readonly string[] = ['jpeg', 'png', 'webp', 'tiff', 'gif', 'heif', 'avif'];

/** The pixels of an image file, as `decodeImage` gives them. @throws FcnError also when the file is missing. */
export async function readImage(file: string): Promise<RgbImage> {
  return (await readWithRemarks(file)).image;
}

/**
 * The pixels of a JPEG, PNG, WebP, TIFF, GIF, AVIF or BMP image as 8-bit RGB, as viewers show them: upright by the EXIF
 * orientation, transparent pixels on white, the first frame; gray repeated, CMYK as Pillow converts it, 16 bits as
 * `significantBits` says. Color profiles are not applied: networks are trained on stored values (Caffe, Pillow and
 * OpenCV ignore profiles too).
 * @param name what error messages call it.
 * @throws FcnError naming it when it is not an image, truncated or damaged, or of a kind whose values are no colors.
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<RgbImage> {
  return (await decodeWithRemarks(bytes, name)).image;
}

/** As `readImage`, with what is special about the file. @param name what messages call it */
export async function readWithRemarks(file: string, name = file): Promise<DecodedImage> {
  return decodeWithRemarks(await readInput(file, 'image'), name);
}

/** As `decodeImage`, with what is special about the file. */
export async function decodeWithRemarks(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  try {
    return hasBmpSignature(bytes) ? decodeBmpFile(bytes) : await decode(bytes);
  } catch (thrown) {
    if (thrown instanceof UnsuitableImage) throw inputError(`image ${name}: ${thrown.message}`, thrown);
    const mistake = mistakenForImage(bytes);
    if (mistake) throw inputError(`image ${name}: got no image: ${mistake}`, thrown);
    throw inputError(
      `image ${name}: cannot be decoded (${reasonOf(thrown).split('\n')[0]}), expected an intact JPEG, PNG, WebP or TIFF ` +
        'image; replace the file or save it again',
      thrown,
    );
  }
}

/** Sharp does not know BMP, which has no orientation. */
function decodeBmpFile(bytes: Uint8Array): DecodedImage {
  const { isTransparent, ...image } = decodeBmpColors(bytes);
  const { width, height } = image;
  return {
    image,
    pose: { orientation: 1, width, height },
    remarks: isTransparent ? [remarks.transparent] : [],
  };
}

async function decode(bytes: Uint8Array): Promise<DecodedImage> {
  const metadata = await sharp(bytes, {
    failOn: 'none',
    limitInputPixels: false,
    limitInputChannels: false,
  }).metadata();
  if (!formats.includes(metadata.format)) throw new Error(`it is a ${metadata.format} file`);
  const { samples, width, height, remarks: found } = await readSamples(bytes, metadata);
  const { orientation = 1 } = metadata;
  return {
    image: { width, height, data: samplesToRgb(samples) },
    pose: { orientation, width, height },
    remarks: [
      ...(orientation === 1 ? [] : [remarks.turned]),
      ...found,
      ...(hasMoreFrames(bytes, metadata) ? [remarks.frames] : []),
    ],
  };
}

/** Pages of a TIFF, frames of a GIF, WebP, PNG or MPO (a JPEG with others behind it, listed in its second APP2). */
function hasMoreFrames(bytes: Uint8Array, { format, pages = 1 }: Metadata): boolean {
  if (pages > 1) return true;
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 2 ** 17));
  if (format === 'jpeg') return start.includes('MPF\0');
  return format === 'png' && start.subarray(0, start.indexOf('IDAT')).includes('acTL');
}
