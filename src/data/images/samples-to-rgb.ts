import { blendWithWhite, onWhite } from './on-white.ts';

/** Pixels as a file has them, row by row, the channels of a pixel together. */
export interface Samples {
  readonly kind: 'rgb' | 'gray' | 'cmyk';
  /** 8 or 16 bits a sample. */
  readonly data: Uint8Array | Uint16Array;
  /** As many as `kind` has, and one more with alpha. */
  readonly channels: number;
  /** What a sample is shifted by to become one of 8 bits. */
  readonly shift: number;
}

/** 8-bit RGB of whatever a file has; transparent pixels as on white (on-white.ts). */
export function samplesToRgb(samples: Samples): Uint8Array<ArrayBuffer> {
  const { kind, channels } = samples;
  if (kind === 'cmyk') return cmykToRgb(samples);
  const data = toBytes(samples);
  if (kind === 'rgb') return channels === 4 ? onWhite(data) : data;
  const pixels = data.length / channels;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const gray = data[i * channels]!;
    rgb.fill(channels === 2 ? blendWithWhite(gray, data[i * 2 + 1]!) : gray, i * 3, i * 3 + 3);
  }
  return rgb;
}

function toBytes({ data, shift, kind, channels }: Samples): Uint8Array<ArrayBuffer> {
  if (data.BYTES_PER_ELEMENT === 1)
    return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.length);
  const hasAlpha = channels === (kind === 'rgb' ? 4 : 2);
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    // Alpha uses its whole range, or it is not known what its values mean.
    const isAlpha = hasAlpha && i % channels === channels - 1;
    bytes[i] = data[i]! >> (isAlpha ? 8 : shift);
  }
  return bytes;
}

/** Without a color profile, as Pillow does: red = (255 - cyan) (255 - black) / 255. */
function cmykToRgb({ data }: Samples): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    const light = 255 - data[from + 3]!;
    for (let c = 0; c < 3; c++) rgb[to + c] = Math.max(0, light - dividedBy255(data[from + c]! * light));
  }
  return rgb;
}

/** Rounded as Pillow does (its MULDIV255). */
function dividedBy255(product: number): number {
  const rounded = product + 128;
  return ((rounded >> 8) + rounded) >> 8;
}
