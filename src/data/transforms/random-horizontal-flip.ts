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
  const length = width * channels;
  for (let row = 0; row < height * length; row += length) {
    mirrorPixels(data, mirrored, row, row + length, channels);
  }
  return { ...image, data: mirrored };
}

/** The pixels from `start` to `end` - 1 in reverse order. */
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
