import type { LabelImage, RgbImage } from '../images/image.ts';
import { mapSample, type Transform } from './transform.ts';

/** The mirror image (left becomes right) of every second sample on average. */
export function randomHorizontalFlip(): Transform {
  return (sample, stream) => {
    if (stream.integer(2) === 0) return sample;
    return mapSample(sample, mirrorImage, (label) => mirror(label, 1));
  };
}

/** The mirror image: left becomes right. */
export function mirrorImage(image: RgbImage): RgbImage {
  return mirror(image, 3);
}

function mirror({ width, height, data }: RgbImage | LabelImage, channels: 1 | 3): RgbImage {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * channels;
      const from = (y * width + width - 1 - x) * channels;
      for (let c = 0; c < channels; c++) mirrored[to + c] = data[from + c]!;
    }
  }
  return { width, height, data: mirrored };
}
