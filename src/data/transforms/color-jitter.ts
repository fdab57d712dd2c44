import { inputError } from '../../base/errors.ts';
import { channelsOf, type Image, type RgbImage } from '../images/image.ts';
import { mapSample, type Transform } from './transform.ts';

/** Factors are whole numbers of 256ths, so that everything is integer arithmetic: here from 0.6 to 1.4. */
const lowest = 154;
const highest = 358;

/**
 * Random brightness, contrast and saturation, in this order, each by a factor that is uniform in 0.6 to 1.4: the
 * ColorJitter(0.4, 0.4, 0.4) of common ImageNet training (Gross and Wilber, fb.resnet.torch, 2016; the factors of
 * Howard 2013 are 0.5 to 1.5). The order is fixed. The labels stay.
 */
export function randomColorJitter(): Transform {
  return (sample, stream) => {
    const factor = () => lowest + stream.integer(highest - lowest + 1);
    const [brightness, contrast, saturation] = [factor(), factor(), factor()];
    return mapSample(
      sample,
      (image) => jitterColor(asColors(image), brightness, contrast, saturation),
      (label) => label,
    );
  };
}

/** @throws FcnError when it is no 8-bit RGB image */
function asColors(image: Image): RgbImage {
  const { data, ...size } = image;
  if (data instanceof Uint8Array && channelsOf(image) === 3) return { ...size, data };
  throw inputError(
    `augment: got color for an image with ${channelsOf(image)} channels of ${8 * data.BYTES_PER_ELEMENT} bits, expected 8-bit RGB; ` +
      'leave color out',
  );
}

/**
 * An image of other brightness, contrast and saturation, by factors in 256ths: b, c and s. For each channel x of each
 * pixel, one step after the other, with clamp to 0..255 and floor of the quotients:
 *
 *     gray(r, g, b) = (19595 r + 38470 g + 7471 b + 32768) / 65536
 *     brightness      x = clamp(b x / 256)
 *     contrast        x = clamp(m + c (x - m) / 256), m = mean of gray over the image, halves up
 *     saturation      x = clamp(y + s (x - y) / 256), y = gray of the pixel
 *
 * The same to the bit as Pillow's ImageEnhance.Brightness, Contrast and Color, one after the other, with factors b/256,
 * c/256 and s/256, which torchvision's ColorJitter uses.
 */
export function jitterColor(
  image: RgbImage,
  brightness: number,
  contrast: number,
  saturation: number,
): RgbImage {
  const { width, height } = image;
  const data = new Uint8ClampedArray(image.data.length); // which clamps
  const mean = brighten(image.data, blendTable(0, brightness), data);
  contrastAndSaturate(data, blendTable(mean, contrast), saturation);
  return { width, height, data: new Uint8Array(data.buffer) };
}

/** @returns the mean of the grays of `target`, halves up */
function brighten(source: Uint8Array, bright: Uint8ClampedArray, target: Uint8ClampedArray): number {
  let sum = 0;
  for (let i = 0; i < target.length; i += 3) {
    const r = bright[source[i]!]!;
    const g = bright[source[i + 1]!]!;
    const b = bright[source[i + 2]!]!;
    target[i] = r;
    target[i + 1] = g;
    target[i + 2] = b;
    sum += grayOf(r, g, b);
  }
  const pixels = target.length / 3;
  return Math.floor((2 * sum + pixels) / (2 * pixels));
}

function contrastAndSaturate(
  data: Uint8ClampedArray,
  contrasted: Uint8ClampedArray,
  saturation: number,
): void {
  // A table of what clamps: numbers beyond 0 to 255 are common here, and a sixth of the time of writing them.
  const beyond = 256 + saturation;
  const clamped = Uint8ClampedArray.from({ length: 256 + 2 * beyond }, (_, i) => i - beyond);
  for (let i = 0; i < data.length; i += 3) {
    const r = contrasted[data[i]!]!;
    const g = contrasted[data[i + 1]!]!;
    const b = contrasted[data[i + 2]!]!;
    const y = grayOf(r, g, b);
    data[i] = clamped[beyond + blend(y, r, saturation)]!;
    data[i + 1] = clamped[beyond + blend(y, g, saturation)]!;
    data[i + 2] = clamped[beyond + blend(y, b, saturation)]!;
  }
}

/** From `reference` (factor 0) over `value` (factor 256) and on, not yet clamped. */
function blend(reference: number, value: number, factor: number): number {
  return reference + ((factor * (value - reference)) >> 8);
}

/** The blend of each pixel value with one reference. */
function blendTable(reference: number, factor: number): Uint8ClampedArray {
  return Uint8ClampedArray.from({ length: 256 }, (_, value) => blend(reference, value, factor));
}

/** ITU-R 601 luma in 16-bit fixed point, as Pillow converts RGB to L. */
function grayOf(r: number, g: number, b: number): number {
  return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
}
