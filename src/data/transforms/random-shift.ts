import { type Image, ignoreLabel, pixelsLike } from '../images/image.ts';
import { mapSample, type Transform } from './transform.ts';

/**
 * Moves image and label by up to `most` pixels in each direction, each number of them as likely (Long et al. 2015, section 4.3). What
 * comes in from outside is `fill` in the image and void in the label; what goes out is lost.
 */
export function randomShift(most: number, fill: readonly number[]): Transform {
  return (sample, stream) => {
    const draw = () => stream.integer(2 * most + 1) - most;
    const [down, right] = [draw(), draw()];
    return mapSample(
      sample,
      (image) => shifted(image, down, right, fill),
      (label) => shifted(label, down, right, [ignoreLabel]),
    );
  };
}

function shifted<I extends Image>(image: I, down: number, right: number, fill: readonly number[]): I {
  const { width, height, data: source } = image;
  const channels = fill.length;
  const data = pixelsLike(source, source.length);
  for (let i = 0; i < data.length; i++) data[i] = fill[i % channels]!;
  const columns = width - Math.abs(right);
  if (columns <= 0) return { ...image, data }; // all of it is out of sight
  const [from, to] = [Math.max(0, -right), Math.max(0, right)];
  for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
    const start = ((y - down) * width + from) * channels;
    data.set(source.subarray(start, start + columns * channels), (y * width + to) * channels);
  }
  return { ...image, data };
}
