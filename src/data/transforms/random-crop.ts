import { type Image, ignoreLabel, pixelsLike } from '../images/image.ts';
import { mapSample, type Transform } from './transform.ts';

/**
 * A random window of this size. A sample that is smaller is padded on the right and below, as torchvision's
 * reference does: the image with `fill` (the mean color, which becomes zero for the network), the label with 255.
 */
export function randomCrop(height: number, width: number, fill: readonly number[]): Transform {
  return (sample, stream) => {
    const { image } = sample;
    const top = stream.integer(Math.max(0, image.height - height) + 1);
    const left = stream.integer(Math.max(0, image.width - width) + 1);
    return mapSample(
      sample,
      (image) => cut(image, top, left, height, width, fill),
      (label) => cut(label, top, left, height, width, [ignoreLabel]),
    );
  };
}

/** The window of interleaved pixels of `fill.length` channels; what lies outside of the source is `fill`. */
function cut<I extends Image>(
  source: I,
  top: number,
  left: number,
  height: number,
  width: number,
  fill: readonly number[],
): I {
  const channels = fill.length;
  const data = pixelsLike(source.data, height * width * channels);
  const columns = Math.min(width, source.width - left);
  const rows = Math.min(height, source.height - top);
  if (rows < height || columns < width) {
    data.set(fill);
    for (let filled = channels; filled < data.length; filled *= 2) data.copyWithin(filled, 0, filled);
  }
  for (let y = 0; y < rows; y++) {
    const start = ((top + y) * source.width + left) * channels;
    data.set(source.data.subarray(start, start + columns * channels), y * width * channels);
  }
  return { ...source, width, height, data };
}
