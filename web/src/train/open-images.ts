import { inputError } from '../../../src/base/errors.ts';
import type { Sample } from '../../../src/data/datasets/dataset.ts';
import { openShapes } from '../../../src/data/datasets/shapes.ts';
import { ignoreLabel, type RgbImage } from '../../../src/data/images/image.ts';
import { resizeImage } from '../../../src/data/transforms/resample.ts';

/** What the generated set holds: enough for a network to tell three kinds of object, few enough to look at. */
const generated = '?train=16&size=96&classes=4&seed=1';
/** Decoded images beyond this many pixels would take gigabytes. */
const mostPixels = 100e6;

/** Images with their labels, made by the page itself, and the names of their classes. */
export async function generateSamples(): Promise<{ samples: Sample[]; classes: readonly string[] }> {
  const dataset = await openShapes(generated, 'train');
  const samples = await Promise.all(dataset.ids.map((_, index) => dataset.load(index)));
  return { samples, classes: dataset.classes };
}

/**
 * An image file as a sample without labels, its longer side at most `side` pixels.
 * @throws FcnError naming the file when the browser cannot decode it.
 */
export async function openImage(file: File, side: number): Promise<Sample> {
  const image = await decode(file);
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const scaled = (length: number) => Math.max(1, Math.round(length * scale));
  const fitted = resizeImage(image, scaled(image.height), scaled(image.width));
  const { width, height } = fitted;
  const label = { width, height, data: new Uint8Array(width * height).fill(ignoreLabel) };
  return { id: file.name, image: fitted, label };
}

async function decode(file: File): Promise<RgbImage> {
  const bitmap = await createImageBitmap(file).catch((thrown: unknown) => {
    throw inputError(
      `image ${file.name}: got no image that this browser can open, expected PNG, JPEG or WebP; choose another file`,
      thrown,
    );
  });
  try {
    const { width, height } = bitmap;
    if (width * height > mostPixels) {
      throw inputError(
        `image ${file.name}: got ${width}x${height} pixels, expected at most ${mostPixels / 1e6} million; make it smaller`,
      );
    }
    const context = new OffscreenCanvas(width, height).getContext('2d')!;
    context.fillStyle = 'white'; // behind what is transparent
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    const { data: rgba } = context.getImageData(0, 0, width, height);
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) data[i * 3 + c] = rgba[i * 4 + c]!;
    }
    return { width, height, data };
  } finally {
    bitmap.close();
  }
}
