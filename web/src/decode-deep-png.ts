import { decode } from 'fast-png';
import { samplesToRgb } from '../../src/data/images/samples-to-rgb.ts';
import { greatestColor, significantBits } from '../../src/data/images/significant-bits.ts';

/** A PNG of 16 bits as `fcn` reads it: by the bits that its values have. @throws Error saying what is wrong with the file */
export function decodeDeepPng(bytes: Uint8Array): Promise<ImageBitmap> {
  const { width, height, channels, data } = decode(bytes);
  const colors = channels < 3 ? 1 : 3;
  const bits = significantBits(greatestColor(data as Uint16Array, channels, colors), bytes);
  const kind = colors === 1 ? 'gray' : 'rgb';
  const rgb = samplesToRgb({ kind, data: data as Uint16Array, channels, shift: bits - 8 });
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = rgb[3 * i + c]!;
    pixels.data[4 * i + 3] = 255;
  }
  return createImageBitmap(pixels);
}
