import { encodePng } from './encode.ts';
import type { LabelImage, RgbImage } from './image.ts';
import { labelName, presentLabels } from './legend.ts';
import { type Color, vocPalette } from './palette.ts';
import { drawText, fillRectangle, isDrawable, textHeight, textWidth } from './pixel-font.ts';

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
  { opacity = 0.5 }: OverlayOptions = {},
): Promise<Uint8Array> {
  if (classes.width !== image.width || classes.height !== image.height) {
    throw new RangeError(
      `overlay: got classes of ${classes.width}x${classes.height}, expected ${image.width}x${image.height}`,
    );
  }
  const names = presentLabels(classes).map((label) => ({ label, name: drawableName(label, classNames) }));
  // A legend of readable size on screens that show the whole picture.
  const scale = Math.max(1, Math.round(Math.max(image.width, image.height) / 300));
  const legend = layOutLegend(names, image.width, scale);

  const height = image.height + legend.height;
  const canvas: RgbImage = {
    width: legend.width,
    height,
    data: new Uint8Array(legend.width * height * 3).fill(255),
  };
  const palette = vocPalette();
  blend(canvas, image, classes, palette, opacity);
  for (const { label, name, x, y } of legend.entries) {
    const top = image.height + y;
    const side = textHeight * scale;
    // A gray frame: white-ish colors would vanish on the white ground.
    fillRectangle(canvas, x, top, side, side, [96, 96, 96]);
    fillRectangle(canvas, x + scale, top + scale, side - 2 * scale, side - 2 * scale, palette[label]!);
    drawText(canvas, name, x + side + 3 * scale, top + scale, scale, [0, 0, 0]);
  }
  return encodePng(canvas);
}

function blend(
  canvas: RgbImage,
  image: RgbImage,
  classes: LabelImage,
  palette: Color[],
  opacity: number,
): void {
  for (let pixel = 0; pixel < classes.data.length; pixel++) {
    const color = palette[classes.data[pixel]!]!;
    const row = Math.floor(pixel / image.width);
    const target = (row * canvas.width + (pixel % image.width)) * 3;
    for (let c = 0; c < 3; c++) {
      canvas.data[target + c] = Math.round((1 - opacity) * image.data[pixel * 3 + c]! + opacity * color[c]!);
    }
  }
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
