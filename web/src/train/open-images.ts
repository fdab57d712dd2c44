import type { RgbSample } from '../../../src/data/datasets/dataset.ts';
import { openShapes } from '../../../src/data/datasets/shapes.ts';
import { ignoreLabel, type RgbImage } from '../../../src/data/images/image.ts';
import { resizeImage } from '../../../src/data/transforms/resample.ts';
import { toRgb } from '../../../src/library/web/pixels.ts';
import { decodePicture } from '../decode-picture.ts';

/** What the generated set holds: enough for a network to tell three kinds of object, few enough to look at. */
const generated = '?train=16&size=96&classes=4&seed=1';

/** Images with their labels, made by the page itself, and the names of their classes. */
export async function generateSamples(): Promise<{ samples: RgbSample[]; classes: readonly string[] }> {
  const dataset = await openShapes(generated, 'train');
  const samples = await Promise.all(dataset.ids.map((_, index) => dataset.load(index)));
  return { samples, classes: dataset.classes };
}

/**
 * An image file as a sample without labels, its longer side at most `side` pixels.
 * @throws Error naming the file when the browser cannot decode it.
 */
export async function openImage(file: File, side: number): Promise<RgbSample> {
  const image = await decode(file);
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const scaled = (length: number) => Math.max(1, Math.round(length * scale));
  const fitted = resizeImage(image, scaled(image.height), scaled(image.width));
  const { width, height } = fitted;
  const label = { width, height, data: new Uint8Array(width * height).fill(ignoreLabel) };
  return { id: file.name, image: fitted, label };
}

async function decode(file: File): Promise<RgbImage> {
  const bitmap = await decodePicture(file, file.name);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return toRgb(context.getImageData(0, 0, width, height));
}
