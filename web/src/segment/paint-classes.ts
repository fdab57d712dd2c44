import { type LabelImage, vocPalette } from '../../../src/library/web/index.ts';
import type { Picture } from './picture.ts';

/** Red, green, blue and alpha of each class as canvases have them in memory: one number a pixel. */
const paint = new Uint32Array(new Uint8Array(vocPalette().flatMap((color) => [...color, 255])).buffer);

/** Draws an image at its own size. */
export function drawImage(canvas: HTMLCanvasElement, { shown }: Picture): void {
  setSize(canvas, shown);
  const context = canvas.getContext('2d')!;
  context.clearRect(0, 0, shown.width, shown.height);
  context.drawImage(shown, 0, 0);
}

/** Paints each pixel in the color of its class; those of hidden classes are transparent. */
export function paintClasses(
  canvas: HTMLCanvasElement,
  classes: LabelImage,
  hidden: ReadonlySet<number>,
): void {
  const { width, height, data } = classes;
  const colors = paint.map((color, label) => (hidden.has(label) ? 0 : color));
  const pixels = new Uint32Array(width * height);
  for (let i = 0; i < pixels.length; i++) pixels[i] = colors[data[i]!]!;
  setSize(canvas, classes);
  const painted = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
  canvas.getContext('2d')!.putImageData(painted, 0, 0);
}

/** Gives a canvas a size, unless it has it: that would clear it. */
export function setSize(
  canvas: HTMLCanvasElement,
  { width, height }: { width: number; height: number },
): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
