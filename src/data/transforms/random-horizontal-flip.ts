import { channelsOf, type Image, pixelsLike } from '../images/image.ts';
import { mapSample, type Transform } from './transform.ts';

/** The mirror image (left becomes right) of every second sample on average. */
export function randomHorizontalFlip(): Transform {
  return (sample, stream) => {
    if (stream.integer(2) === 0) return sample;
    return mapSample(sample, mirrorImage, mirrorImage);
  };
}

/** The mirror image: left becomes right. */
export function mirrorImage<I extends Image>(image: I): I {
  const { width, height, data } = image;
  const channels = channelsOf(image);
  const mirrored = pixelsLike(data, data.length);
  for (let y = 0; y < height; y++) {
    const row = y * width * channels;
    if (channels === 3) mirrorColors(data, mirrored, row, row + 3 * width);
    else mirrorPixels(data, mirrored, row, row + channels * width, channels);
  }
  return { ...image, data: mirrored };
}

/** The pixels from `start` to `end` - 1 in reverse order: most images have three channels, and this takes half of the time. */
function mirrorColors(from: Image['data'], to: Image['data'], start: number, end: number): void {
  for (let i = start, at = end - 3; i < end; i += 3, at -= 3) {
    to[i] = from[at]!;
    to[i + 1] = from[at + 1]!;
    to[i + 2] = from[at + 2]!;
  }
}

function mirrorPixels(
  from: Image['data'],
  to: Image['data'],
  start: number,
  end: number,
  channels: number,
): void {
  for (let i = start, at = end - channels; i < end; i += channels, at -= channels) {
    for (let c = 0; c < channels; c++) to[i + c] = from[at + c]!;
  }
}
