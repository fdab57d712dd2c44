import { counted } from '../../base/counted.ts';
import { inputError, reasonOf } from '../../base/errors.ts';
import { readInput } from '../../base/files.ts';
import { mistakenFor } from '../../base/mistaken-file.ts';
import { type Metadata, sharp } from '../../base/sharp.ts';
import { checkPixelsHeld } from './bounded-png.ts';
import type { DecodedImage } from './decode.ts';
import { channelsOf, type Image } from './image.ts';
import { checkPixels, decodeTolerantly, type FailOn, UnsuitableImage } from './read-samples.ts';
import { remarks } from './remarks.ts';

/**
 * The pixels of a PNG, TIFF or other image file as they are stored, upright: gray, a color and its alpha, or the channels of a multispectral
 * image, of 8 or 16 bits. Nothing is converted or scaled, and alpha is a channel like any other. (`readImage` makes RGB of them.)
 * @param count of channels that the file must have; default: any
 * @param name what messages call it
 * @throws FcnError naming the file when it has another number of them, of another type, or cannot be decoded
 */
export async function readChannels(
  file: string,
  count?: number,
  name = file,
): Promise<Omit<DecodedImage, 'image'> & { readonly image: Image }> {
  const bytes = await readInput(file, 'image');
  try {
    return await decodeChannels(bytes, count);
  } catch (thrown) {
    if (thrown instanceof UnsuitableImage) throw inputError(`image ${name}: ${thrown.message}`, thrown);
    const mistake = mistakenFor(bytes);
    const reason = mistake ?? `cannot be decoded (${reasonOf(thrown).split('\n')[0]})`;
    throw inputError(
      `image ${name}: ${reason}, expected an intact PNG or TIFF image${count === undefined ? '' : ` with ${counted(count, 'channel')}`}; replace the file or save it again`,
      thrown,
    );
  }
}

/** Whether the first three channels of an image file are red, green and blue, as the file says. */
export async function startsWithColors(file: string): Promise<boolean> {
  const metadata = await sharp(file, anyChannels)
    .metadata()
    .catch(() => undefined);
  return metadata !== undefined && /^s?rgb/.test(metadata.space);
}

const anyChannels = { limitInputPixels: false, limitInputChannels: false } as const;

async function decodeChannels(bytes: Uint8Array, count: number | undefined) {
  const metadata = await sharp(bytes, { failOn: 'none', ...anyChannels }).metadata();
  const { channels, depth, orientation = 1, pages = 1 } = metadata;
  checkPixels(metadata);
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new UnsuitableImage(
      `got values of type ${depth}, expected 8 or 16 bits per channel; save it that way`,
    );
  }
  if (count !== undefined && channels !== count) {
    throw new UnsuitableImage(
      `got ${counted(channels, 'channel')}, expected ${count}; save it with as many, or use another network`,
    );
  }
  checkPixelsHeld(bytes, metadata);
  const { image, isIrregular } = await decodeTolerantly(bytes, async (tolerant, failOn) => ({
    image: await decodeAsStored(tolerant, metadata, failOn),
  }));
  return {
    image,
    pose: { orientation, width: image.width, height: image.height },
    remarks: [
      ...(orientation === 1 ? [] : [remarks.turned]),
      ...(pages > 1 ? [remarks.frames] : []),
      ...(isIrregular ? [remarks.irregular] : []),
    ],
  };
}

async function decodeAsStored(
  bytes: Uint8Array,
  { space, channels, depth }: Metadata,
  failOn: FailOn,
): Promise<Image> {
  // Of 8-bit gray with more channels libvips would keep the gray alone: it takes 16 bits, of which the upper ones are the value.
  const isWidened = space === 'b-w' && channels > 1;
  const stored = isWidened ? 'grey16' : space;
  const isDeep = isWidened || depth === 'ushort';
  const { data, info } = await sharp(bytes, {
    ...{ failOn, ignoreIcc: true, autoOrient: true, unlimited: true },
    ...anyChannels,
  })
    .pipelineColourspace(stored)
    .toColourspace(stored)
    .raw({ depth: isDeep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const values = isDeep
    ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2)
    : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const image = { width, height, data: isWidened ? Uint8Array.from(values, (value) => value >> 8) : values };
  if (channelsOf(image) !== channels) throw new Error(`${channelsOf(image)} channels came of ${channels}`);
  return image;
}
