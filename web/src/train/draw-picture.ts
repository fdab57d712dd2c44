import { ignoreLabel, type LabelImage, type RgbImage } from '../../../src/data/images/image.ts';

/** Draws an image at its own size, with the colors of its classes over it. */
export function drawPicture(
  canvas: HTMLCanvasElement,
  image: RgbImage,
  label: LabelImage | undefined,
  colors: readonly string[],
  opacity: number,
): void {
  const { width, height, data } = image;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pixels = new ImageData(width, height);
  const table = colors.map(parseColor);
  for (let i = 0; i < width * height; i++) {
    const value = label?.data[i] ?? ignoreLabel;
    const color = value === ignoreLabel ? undefined : table[value];
    for (let c = 0; c < 3; c++) {
      const pixel = data[i * 3 + c]!;
      pixels.data[i * 4 + c] = color ? pixel + opacity * (color[c]! - pixel) : pixel;
    }
    pixels.data[i * 4 + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
}

/** Red, green and blue of `#rrggbb`. */
function parseColor(color: string): [number, number, number] {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
