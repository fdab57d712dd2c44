import { channelsOf, type Image, type RgbImage } from './image.ts';

/**
 * An image of any channels as people can look at it: RGB as it is, of more channels the first three, of fewer the first as gray; 16-bit
 * values scaled so that the greatest is white, unless bytes hold them.
 */
export function asPicture(image: Image): RgbImage {
  const { width, height, data } = image;
  const channels = channelsOf(image);
  if (channels === 3 && data instanceof Uint8Array) return { width, height, data };
  const shown = channels < 3 ? [0, 0, 0] : [0, 1, 2];
  let greatest = 255;
  for (let i = 0; i < data.length; i++)
    if (data[i]! > greatest && shown.includes(i % channels)) greatest = data[i]!;
  const rgb = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++)
      rgb[3 * i + c] = Math.round((data[i * channels + shown[c]!]! * 255) / greatest);
  }
  return { width, height, data: rgb };
}
