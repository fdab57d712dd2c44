import type { RgbImage } from '../../data/images/image.ts';
import { resizeImage } from '../../data/transforms/resample.ts';

/** The share of the shorter side that the view covers, as is usual for ImageNet (224 of 256 pixels). */
const share = 0.875;

/** What a classifier sees of an image: the square of `size` pixels at its center, 87.5 % of the shorter side. */
export function centerView(image: RgbImage, size: number): RgbImage {
  const shorter = Math.min(image.width, image.height);
  const scaled = (side: number) => Math.round((side / shorter) * Math.round(size / share));
  const whole = resizeImage(image, scaled(image.height), scaled(image.width));
  const top = Math.floor((whole.height - size) / 2);
  const left = Math.floor((whole.width - size) / 2);
  const data = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    const start = ((top + y) * whole.width + left) * 3;
    data.set(whole.data.subarray(start, start + size * 3), y * size * 3);
  }
  return { width: size, height: size, data };
}
