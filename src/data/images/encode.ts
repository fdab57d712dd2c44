import { sharp } from '../../base/sharp.ts';
import type { RgbImage } from './image.ts';

/** An image as the bytes of a PNG file. */
export async function encodePng({ width, height, data }: RgbImage): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
