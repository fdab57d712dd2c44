import { channelsOf, type Image, type LabelImage, pixelsLike } from '../images/image.ts';

/** Pillow's fixed-point weights: 32 bits without 8 for the pixel and 2 for the sum. */
const precisionBits = 22;
const one = 2 ** precisionBits;

/** Some rows and columns of an image. */
export interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/**
 * An image at another size by bilinear interpolation, which averages over the source pixels when it shrinks
 * (antialias). The same to the bit as Pillow's `resize(..., BILINEAR)`, which torchvision's Resize uses: horizontal,
 * then vertical pass, fixed-point weights, rounded to 8 bits (or to 16, where the image has them) after each.
 * @param window what is wanted of the result; nothing else of it is computed
 */
export function resizeImage<I extends Image>(
  image: I,
  height: number,
  width: number,
  window: Window = { top: 0, left: 0, height, width },
): I {
  const keepsColumns = width === image.width && window.width === width;
  const keepsRows = height === image.height && window.height === height;
  const rows = keepsRows ? undefined : bilinearTaps(image.height, height, window.top, window.height);
  if (keepsColumns) return rows ? resampleRows(image, rows, 0) : image;
  const last = rows?.at(-1);
  const [from, to] = rows && last ? [rows[0]!.first, last.first + last.weights.length] : [0, image.height];
  const columns = bilinearTaps(image.width, width, window.left, window.width);
  const wide = resampleColumns(image, columns, from, to);
  return rows ? resampleRows(wide, rows, from) : wide;
}

/**
 * A label map at another size: the label of the nearest pixel (centers aligned).
 * @param window what is wanted of the result
 */
export function resizeLabel(
  label: LabelImage,
  height: number,
  width: number,
  window: Window = { top: 0, left: 0, height, width },
): LabelImage {
  const isWhole = window.height === label.height && window.width === label.width;
  if (isWhole && height === label.height && width === label.width) return label;
  // The center of output pixel i lies at (i + 0.5) * from / to; in integers, so that no rounding decides.
  const nearest = (i: number, from: number, to: number) => Math.floor(((2 * i + 1) * from) / (2 * to));
  const columns = Uint32Array.from({ length: window.width }, (_, x) =>
    nearest(window.left + x, label.width, width),
  );
  const data = new Uint8Array(window.height * window.width);
  for (let y = 0; y < window.height; y++) {
    const row = nearest(window.top + y, label.height, height) * label.width;
    for (let x = 0; x < window.width; x++) data[y * window.width + x] = label.data[row + columns[x]!]!;
  }
  return { width: window.width, height: window.height, data };
}

/** Rows `from` to `to` - 1, with a column for each of the taps. */
function resampleColumns<I extends Image>(image: I, taps: readonly Taps[], from: number, to: number): I {
  const { data: source } = image;
  const [height, width] = [to - from, taps.length];
  const channels = channelsOf(image);
  const data = pixelsLike(source, height * width * channels);
  const areColors = channels === 3 && !(source instanceof Uint16Array);
  for (let y = 0; y < height; y++) {
    const row = (from + y) * image.width;
    let target = y * width * channels;
    for (let x = 0; x < width; x++) {
      const { first, weights } = taps[x]!;
      const at = (row + first) * channels;
      if (areColors) sumOfColors(source, at, weights, data, target);
      else weightedSum(source, at, channels, weights, data, target, channels);
      target += channels;
    }
  }
  return { ...image, height, width, data };
}

/** As `weightedSum` of pixels that follow each other, three bytes each: most images are such, and this takes a third less. */
function sumOfColors(
  source: Image['data'],
  from: number,
  weights: Int32Array,
  target: Image['data'],
  to: number,
): void {
  let red = one / 2;
  let green = one / 2;
  let blue = one / 2;
  let at = from;
  for (let tap = 0; tap < weights.length; tap++) {
    const weight = weights[tap]!;
    red = (red + Math.imul(source[at]!, weight)) | 0;
    green = (green + Math.imul(source[at + 1]!, weight)) | 0;
    blue = (blue + Math.imul(source[at + 2]!, weight)) | 0;
    at += 3;
  }
  target[to] = Math.min(255, red >> precisionBits);
  target[to + 1] = Math.min(255, green >> precisionBits);
  target[to + 2] = Math.min(255, blue >> precisionBits);
}

/** A row for each of the taps; the image begins with row `from` of those that they are for. */
function resampleRows<I extends Image>(image: I, taps: readonly Taps[], from: number): I {
  const { width, data: source } = image;
  const height = taps.length;
  const stride = width * channelsOf(image);
  const data = pixelsLike(source, height * stride);
  for (let y = 0; y < height; y++) {
    const { first, weights } = taps[y]!;
    weightedSum(source, (first - from) * stride, stride, weights, data, y * stride, stride);
  }
  return { ...image, height, data };
}

/** `count` neighboring values of `target`, each the weighted sum of values that lie `step` apart in `source`. */
function weightedSum(
  source: Image['data'],
  from: number,
  step: number,
  weights: Int32Array,
  target: Image['data'],
  to: number,
  count: number,
): void {
  // Functions of their own: each sees arrays of one kind, which engines compile to faster code.
  if (source instanceof Uint16Array) sumOfDeep(source, from, step, weights, target, to, count);
  else if (weights.length === 2) sumOfTwo(source, from, step, weights, target, to, count);
  else sumOfBytes(source, from, step, weights, target, to, count);
}

function sumOfBytes(
  source: Image['data'],
  from: number,
  step: number,
  weights: Int32Array,
  target: Image['data'],
  to: number,
  count: number,
): void {
  const taps = weights.length;
  for (let i = 0; i < count; i++) {
    let sum = one / 2;
    let at = from + i;
    for (let tap = 0; tap < taps; tap++) {
      sum = (sum + Math.imul(source[at]!, weights[tap]!)) | 0;
      at += step;
    }
    target[to + i] = Math.min(255, sum >> precisionBits);
  }
}

/** The same of two values, as most are where an image grows. */
function sumOfTwo(
  source: Image['data'],
  from: number,
  step: number,
  weights: Int32Array,
  target: Image['data'],
  to: number,
  count: number,
): void {
  const first = weights[0]!;
  const second = weights[1]!;
  for (let i = 0, at = from; i < count; i++, at++) {
    const sum = (one / 2 + Math.imul(source[at]!, first) + Math.imul(source[at + step]!, second)) | 0;
    target[to + i] = Math.min(255, sum >> precisionBits);
  }
}

/** Sums of 16-bit values have more than 32 bits. */
function sumOfDeep(
  source: Uint16Array,
  from: number,
  step: number,
  weights: Int32Array,
  target: Image['data'],
  to: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    let sum = one / 2;
    for (let tap = 0; tap < weights.length; tap++) sum += source[from + i + tap * step]! * weights[tap]!;
    target[to + i] = Math.min(65535, Math.floor(sum / one));
  }
}

interface Taps {
  readonly first: number;
  readonly weights: Int32Array;
}

/** For `count` output positions from `start` on the source positions under the triangle filter, with weights that sum to one. */
function bilinearTaps(from: number, to: number, start: number, count: number): Taps[] {
  const scale = from / to;
  const support = Math.max(1, scale);
  return Array.from({ length: count }, (_, i) => {
    const center = (start + i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    const weights = Array.from({ length: end - first }, (_, tap) =>
      Math.max(0, 1 - Math.abs((tap + first - center + 0.5) / support)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: Int32Array.from(weights, (weight) => Math.trunc(0.5 + (weight / total) * one)) };
  });
}
