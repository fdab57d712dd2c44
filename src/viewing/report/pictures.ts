import { sharp } from '../../base/sharp.ts';
import { encodeLabelPng } from '../../data/images/encode-label-png.ts';
import { ignoreLabel, type LabelImage, type RgbImage } from '../../data/images/image.ts';
import { vocPalette } from '../../data/images/palette.ts';

/** Larger sides are divided by a whole number until they fit: a report should stay small enough to be sent. */
const maxSide = 512;

/** Of wrong pixels, and of those without truth; right ones are transparent. */
const wrong = [255, 48, 80, 255] as const;
const without = [128, 128, 128, 255] as const;

/** A photograph as a `data:` address: lossy, a tenth of what a PNG takes. */
export async function imageAddress(image: RgbImage): Promise<string> {
  const { width, height } = smallerSize(image);
  const raw = { width: image.width, height: image.height, channels: 3 } as const;
  const webp = await sharp(image.data, { raw })
    .resize(width, height, { fit: 'fill' })
    .webp({ quality: 80 })
    .toBuffer();
  return `data:image/webp;base64,${webp.toString('base64')}`;
}

/** A label map in the colors of VOC, as a `data:` address. */
export function labelAddress(label: LabelImage): string {
  return pngAddress(encodeLabelPng(smaller(label), vocPalette()));
}

/** Where a prediction is wrong, as a `data:` address. */
export async function errorAddress(truth: LabelImage, prediction: LabelImage): Promise<string> {
  const { width, height, data } = smaller(truth);
  const predicted = smaller(prediction).data;
  const pixels = new Uint8Array(width * height * 4);
  data.forEach((label, pixel) => {
    if (label === ignoreLabel) pixels.set(without, pixel * 4);
    else if (predicted[pixel] !== label) pixels.set(wrong, pixel * 4);
  });
  const png = await sharp(pixels, { raw: { width, height, channels: 4 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
  return pngAddress(png);
}

/** The size at which pictures of an image are shown. */
export function smallerSize(size: { width: number; height: number }): { width: number; height: number } {
  const step = stepFor(size);
  return { width: Math.ceil(size.width / step), height: Math.ceil(size.height / step) };
}

function stepFor({ width, height }: { width: number; height: number }): number {
  return Math.ceil(Math.max(width, height) / maxSide);
}

/** Every k-th pixel of every k-th row: labels have no mean. */
function smaller(label: LabelImage): LabelImage {
  const step = stepFor(label);
  if (step === 1) return label;
  const { width, height } = smallerSize(label);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data[y * width + x] = label.data[y * step * label.width + x * step]!;
  }
  return { width, height, data };
}

function pngAddress(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
