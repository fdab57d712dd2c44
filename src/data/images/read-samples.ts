import { reasonOf } from '../../base/errors.ts';
import { memoryOfMachine } from '../../base/memory.ts';
import { type Metadata, sharp } from '../../base/sharp.ts';
import { checkPixelsHeld } from './bounded-png.ts';
import { withoutExtraneousBytes } from './jpeg-segments.ts';
import { remarks } from './remarks.ts';
import type { Samples } from './samples-to-rgb.ts';
import { greatestColor, significantBits } from './significant-bits.ts';
import { tiffTag } from './tiff-tags.ts';

/** An image that is whole, but cannot be used; the message says what it has, what is expected, and the way out. */
export class UnsuitableImage extends Error {}

/** Decoded, they take 1.6 GB. */
const mostPixels = 2 ** 29;
/** For each pixel: three bytes of the decoder, and as many of the image that is made of them. */
const bytesWhileDecoded = 6;

const colorsOf: Readonly<Record<Samples['kind'], number>> = { gray: 1, rgb: 3, cmyk: 4 };

/**
 * The tag of a TIFF file that says what the first channel beside the colors is (TIFF 6.0, page 31): 0 for anything, 1 and 2
 * for alpha (with 1 the colors are multiplied by it, which libvips undoes).
 */
const extraSamples = 338;

export interface ReadSamples {
  readonly samples: Samples;
  /** Upright. */
  readonly width: number;
  readonly height: number;
  readonly remarks: readonly string[];
}

/**
 * The samples of the first frame of an image file, upright.
 * @throws UnsuitableImage, or what the decoder says about damage
 */
export async function readSamples(bytes: Uint8Array, metadata: Metadata): Promise<ReadSamples> {
  const kind = kindOf(metadata);
  checkPixelsHeld(bytes, metadata);
  const { data, info, isIrregular } = await decodeTolerantly(bytes, (tolerant, failOn) =>
    decode(tolerant, kind, metadata, failOn),
  );
  const colors = colorsOf[kind];
  const extra = tiffTag(bytes, extraSamples)?.[0];
  const hasAlpha = info.channels === colors + 1 && extra !== 0;
  const channels = hasAlpha ? colors + 1 : colors;
  const kept = info.channels === channels ? data : firstChannels(data, info.channels, channels);
  const bits =
    data instanceof Uint16Array ? significantBits(greatestColor(kept, channels, colors), bytes) : 8;
  return {
    samples: { kind, data: kept, channels, shift: bits - 8 },
    width: info.width,
    height: info.height,
    remarks: [
      ...(hasAlpha && isTransparent(kept, channels) ? [remarks.transparent] : []),
      ...(info.channels > channels ? [remarks.extraChannels] : []),
      ...(data instanceof Uint16Array && bits < 16 ? [remarks.ofBits(bits)] : []),
      ...(isIrregular ? [remarks.irregular] : []),
    ],
  };
}

/** @throws UnsuitableImage for an image of more pixels than can be decoded */
export function checkPixels({ width, height }: Metadata): void {
  const most = Math.min(mostPixels, memoryOfMachine().limit / bytesWhileDecoded);
  if (width * height > most) {
    throw new UnsuitableImage(
      `got ${width}x${height} pixels, expected at most ${Math.floor(most / 1e6)} million; make it smaller, or cut it into tiles`,
    );
  }
}

function kindOf(metadata: Metadata): Samples['kind'] {
  const { space, channels, depth } = metadata;
  checkPixels(metadata);
  const isGray = space === 'b-w' || space === 'grey16';
  const isDeep = depth === 'ushort';
  if ((depth !== 'uchar' && !isDeep) || (space === 'cmyk' && isDeep)) {
    throw new UnsuitableImage(
      `got ${space} values of type ${depth}, whose range is unknown, expected 8 or 16 bits per channel; scale them to 0..255 ` +
        'and save it with 8 bits',
    );
  }
  if (space === 'multiband' || (isGray && channels > 2)) {
    throw new UnsuitableImage(
      `got ${channels} channels that the file does not declare as colors, expected gray or RGB; train on all of them with ` +
        `--channels ${channels}, or save the three that are red, green and blue as an RGB image`,
    );
  }
  if (space === 'cmyk') return 'cmyk';
  // sharp makes RGB of 8-bit gray, but would drop its alpha as gray.
  return isGray && isDeep ? 'gray' : 'rgb';
}

export type FailOn = 'warning' | 'error';

async function decode(bytes: Uint8Array, kind: Samples['kind'], { depth }: Metadata, failOn: FailOn) {
  const isDeep = depth === 'ushort';
  const options = {
    failOn,
    ignoreIcc: true,
    autoOrient: true,
    limitInputPixels: false,
    limitInputChannels: false,
    unlimited: true,
  };
  // Without this, CMYK would pass through a color profile.
  const image = kind === 'cmyk' ? sharp(bytes, options).pipelineColourspace('cmyk') : sharp(bytes, options);
  const space = { gray: 'grey16', rgb: isDeep ? 'rgb16' : 'srgb', cmyk: 'cmyk' }[kind];
  const { data, info } = await image
    .toColourspace(space)
    .raw({ depth: isDeep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { buffer, byteOffset, length } = data;
  return {
    data: isDeep
      ? new Uint16Array(buffer, byteOffset, length / 2)
      : new Uint8Array(buffer, byteOffset, length),
    info,
  };
}

/** What libjpeg warns of when pixels are lost (jerror.h); its other warnings, and those of libtiff, are of no consequence. */
const lossOfPixels = /premature end|bad (Huffman|arithmetic) code|found marker/i;

/**
 * Decodes what every viewer shows, but nothing from which pixels are missing. The decoder tells only its first warning:
 * a JPEG is decoded anew without what that was about.
 */
export async function decodeTolerantly<T>(
  bytes: Uint8Array,
  decodeWith: (bytes: Uint8Array, failOn: FailOn) => Promise<T>,
): Promise<T & { readonly isIrregular: boolean }> {
  const sources = [() => bytes, ...(isJpeg(bytes) ? [() => withoutExtraneousBytes(bytes)] : [])];
  for (const [index, source] of sources.entries()) {
    try {
      return { ...(await decodeWith(source(), 'warning')), isIrregular: index > 0 };
    } catch (thrown) {
      if (lossOfPixels.test(reasonOf(thrown))) throw thrown;
    }
  }
  return { ...(await decodeWith(bytes, 'error')), isIrregular: true };
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

function firstChannels<T extends Uint8Array | Uint16Array>(data: T, from: number, to: number): T {
  const pixels = data.length / from;
  const kept = data.slice(0, pixels * to) as T;
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < to; c++) kept[i * to + c] = data[i * from + c]!;
  }
  return kept;
}

function isTransparent(data: Uint8Array | Uint16Array, channels: number): boolean {
  const opaque = data.BYTES_PER_ELEMENT === 1 ? 255 : 65535;
  for (let i = channels - 1; i < data.length; i += channels) if (data[i] !== opaque) return true;
  return false;
}
