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
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * channels;
      const from = (y * width + width - 1 - x) * channels;
      for (let c = 0; c < channels; c++) mirrored[to + c] = data[from + c]!;
    }
  }
  return { ...image, data: mirrored };
}
