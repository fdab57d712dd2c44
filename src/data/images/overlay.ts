import { encodePng } from './encode.ts';
import type { LabelImage, RgbImage } from './image.ts';
import { labelName, presentLabels } from './legend.ts';
import { vocPalette } from './palette.ts';
import { asPicture } from './picture.ts';
import { drawText, fillRectangle, isDrawable, textHeight, textWidth } from './pixel-font.ts';
import { pngParts } from './png-parts.ts';
import type { RowSource } from './row-source.ts';

export interface OverlayOptions {
  /** Share of the class color in each pixel, 0 to 1. */
  opacity?: number;
}

/**
 * A PNG of the image blended with the VOC color of each pixel's class, every class alike (so background darkens), and
 * below it a legend of the classes that occur. The picture is at the upper left in its own size; the file is higher by
 * the legend, and wider only if a class name needs it.
 */
export async function renderOverlay(
  image: RgbImage,
  classes: LabelImage,
  classNames: readonly string[],
  options: OverlayOptions = {},
): Promise<Uint8Array> {
  checkSize(image, classes);
  const legend = drawLegend(classes, classNames);
  const { width } = legend;
  const height = image.height + legend.height;
  const picture = blend(image, classes.data, width, options);
  const data = new Uint8Array(width * height * 3);
  data.set(picture);
  data.set(legend.data, picture.length);
  return encodePng({ width, height, data });
}

/** The same for an image that is read by its rows, as the parts of a file. */
export function overlayParts(
  source: RowSource,
  classes: LabelImage,
  classNames: readonly string[],
  options: OverlayOptions = {},
): AsyncIterable<Uint8Array> {
  checkSize(source, classes);
  const legend = drawLegend(classes, classNames);
  const { width } = legend;
  return pngParts({ width, height: source.height + legend.height }, blocks());

  async function* blocks(): AsyncGenerator<Uint8Array> {
    // A JPEG is decoded from its beginning for each strip: few of them, and each of bounded size.
    const rows = Math.max(1, Math.floor(stripPixels / source.width));
    for (let top = 0; top < source.height; top += rows) {
      const strip = await source.rows(top, Math.min(rows, source.height - top));
      const start = top * source.width;
      yield blend(
        asPicture(strip),
        classes.data.subarray(start, start + strip.width * strip.height),
        width,
        options,
      );
    }
    yield legend.data;
  }
}

/** Pixels of an image that are in memory at a time where it is read by its rows. */
const stripPixels = 2 ** 24;

function checkSize(image: Pick<RgbImage, 'width' | 'height'>, classes: LabelImage): void {
  if (classes.width === image.width && classes.height === image.height) return;
  throw new RangeError(
    `overlay: got classes of ${classes.width}x${classes.height}, expected ${image.width}x${image.height}`,
  );
}

/** The classes that occur, on white, at least as wide as the image. */
function drawLegend(classes: LabelImage, classNames: readonly string[]): RgbImage {
  const names = presentLabels(classes).map((label) => ({ label, name: drawableName(label, classNames) }));
  // A legend of readable size on screens that show the whole picture.
  const scale = Math.max(1, Math.round(Math.max(classes.width, classes.height) / 300));
  const { width, height, entries } = layOutLegend(names, classes.width, scale);
  const canvas: RgbImage = { width, height, data: new Uint8Array(width * height * 3).fill(255) };
  const palette = vocPalette();
  for (const { label, name, x, y } of entries) {
    const side = textHeight * scale;
    // A gray frame: white-ish colors would vanish on the white ground.
    fillRectangle(canvas, x, y, side, side, [96, 96, 96]);
    fillRectangle(canvas, x + scale, y + scale, side - 2 * scale, side - 2 * scale, palette[label]!);
    drawText(canvas, name, x + side + 3 * scale, y + scale, scale, [0, 0, 0]);
  }
  return canvas;
}

/** Rows of the image, each blended with the colors of its classes and white behind it up to `width`. */
function blend(
  image: RgbImage,
  classes: Uint8Array,
  width: number,
  { opacity = 0.5 }: OverlayOptions,
): Uint8Array {
  const palette = vocPalette();
  const data = new Uint8Array(width * image.height * 3).fill(255);
  for (let pixel = 0; pixel < classes.length; pixel++) {
    const color = palette[classes[pixel]!]!;
    const row = Math.floor(pixel / image.width);
    const target = (row * width + (pixel % image.width)) * 3;
    for (let c = 0; c < 3; c++) {
      data[target + c] = Math.round((1 - opacity) * image.data[pixel * 3 + c]! + opacity * color[c]!);
    }
  }
  return data;
}

/** The name in characters that the font has. */
function drawableName(label: number, classNames: readonly string[]): string {
  const name = labelName(label, classNames);
  return isDrawable(name) ? name : `class ${label}`;
}

interface LegendEntry {
  label: number;
  name: string;
  x: number;
  y: number;
}

/** Places swatch and name of each class from left to right, row by row, like words in a paragraph. */
function layOutLegend(
  names: { label: number; name: string }[],
  imageWidth: number,
  scale: number,
): { width: number; height: number; entries: LegendEntry[] } {
  const margin = 4 * scale;
  const lineHeight = (textHeight + 4) * scale;
  const widthOf = (name: string) => (textHeight + 3 + textWidth(name)) * scale;
  const width = Math.max(imageWidth, ...names.map(({ name }) => widthOf(name) + 2 * margin));
  let x = margin;
  let y = margin;
  const entries = names.map(({ label, name }) => {
    if (x > margin && x + widthOf(name) > width - margin) {
      x = margin;
      y += lineHeight;
    }
    const entry = { label, name, x, y };
    x += widthOf(name) + 2 * margin;
    return entry;
  });
  return { width, height: y + lineHeight, entries };
}
