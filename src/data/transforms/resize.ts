import type { Sample } from '../datasets/dataset.ts';
import { resizeImage, resizeLabel } from './resample.ts';
import { mapSample, type Transform } from './transform.ts';

/** The size of a whole image, in pixels. */
export interface WholeSize {
  readonly height: number;
  readonly width: number;
}

/** The whole sample at this size: image bilinear, label nearest. The aspect ratio is not kept. */
export function resize(height: number, width: number): Transform {
  return (sample) => resizeSample(sample, height, width);
}

/** The whole sample, both sides times one factor that is uniform in [low, high); at least one pixel a side. */
export function randomScale(low: number, high: number): Transform {
  return (sample, stream) => {
    const { height, width } = scaledSize(sample.image, stream.uniform(low, high));
    return resizeSample(sample, height, width);
  };
}

/** A size with both sides times one factor, each at least one pixel. */
export function scaledSize({ height, width }: WholeSize, factor: number): WholeSize {
  const scaled = (side: number) => Math.max(1, Math.round(side * factor));
  return { height: scaled(height), width: scaled(width) };
}

/** The whole sample at this size, as `resize`. */
export function resizeSample(sample: Sample, height: number, width: number): Sample {
  return mapSample(
    sample,
    (image) => resizeImage(image, height, width),
    (label) => resizeLabel(label, height, width),
  );
}
