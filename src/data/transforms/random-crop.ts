import { type Image, ignoreLabel, pixelsLike } from '../images/image.ts';
import { resizeImage, resizeLabel, type Window } from './resample.ts';
import { scaledSize, type WholeSize } from './resize.ts';
import { mapSample, type Transform } from './transform.ts';

export interface CropOptions {
  /** The pixel around a sample that is smaller than the window. */
  readonly fill: readonly number[];
  /** The size that samples have before; default: their own. */
  readonly of?: WholeSize | undefined;
  /** Both sides are multiplied by one factor that is uniform in [low, high); default: as they are. */
  readonly scale?: readonly [low: number, high: number] | undefined;
}

/**
 * A random window of this size, of a sample that may be resized: nothing else of it is computed. A sample that is smaller is
 * padded on the right and below, as torchvision's reference does: the image with `fill` (the mean color, which becomes zero for
 * the network), the label with 255.
 */
export function randomCrop(height: number, width: number, { fill, of, scale }: CropOptions): Transform {
  return (sample, stream) => {
    const { image } = sample;
    const whole = scaledSize(of ?? image, scale ? stream.uniform(...scale) : 1);
    const top = stream.integer(Math.max(0, whole.height - height) + 1);
    const left = stream.integer(Math.max(0, whole.width - width) + 1);
    if (whole.height === image.height && whole.width === image.width) {
      return mapSample(
        sample,
        (image) => cut(image, top, left, height, width, fill),
        (label) => cut(label, top, left, height, width, [ignoreLabel]),
      );
    }
    const seen: Window = {
      ...{ top, left },
      ...{ height: Math.min(height, whole.height - top), width: Math.min(width, whole.width - left) },
    };
    return mapSample(
      sample,
      (image) => cut(resizeImage(image, whole.height, whole.width, seen), 0, 0, height, width, fill),
      (label) => cut(resizeLabel(label, whole.height, whole.width, seen), 0, 0, height, width, [ignoreLabel]),
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
