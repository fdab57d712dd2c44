import type { LabelImage } from '../../../images/image.ts';
import { pixelsAtOnce, spend } from './effort.ts';

/** x and y in pixels; 0, 0 is the upper left corner of the image. */
export type Point = readonly [number, number];

/** Gives the pixels x0..x1 (both included) of a row a value. What lies outside the image is left out. */
export function paintRow(label: LabelImage, y: number, x0: number, x1: number, value: number): void {
  const { width, height, data } = label;
  if (y < 0 || y >= height) return;
  const [left, right] = [Math.max(x0, 0), Math.min(x1, width - 1)];
  spend(label, 1 + Math.max(0, right - left) / pixelsAtOnce);
  if (left <= right) data.fill(value, y * width + left, y * width + right + 1);
}

/** A label map of zeros. */
export function blankLabel(width: number, height: number): LabelImage {
  return { width, height, data: new Uint8Array(width * height) };
}

/** A part of an image; all four sides belong to it. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The smallest box around points, as far as it lies on the image. */
export function boxAround(points: readonly Point[], { width, height }: LabelImage): Box {
  // No spread: an outline may have more points than a function takes arguments.
  const around = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const [x, y] of points) {
    around.left = Math.min(around.left, x);
    around.top = Math.min(around.top, y);
    around.right = Math.max(around.right, x);
    around.bottom = Math.max(around.bottom, y);
  }
  return {
    left: Math.max(0, around.left),
    top: Math.max(0, around.top),
    right: Math.min(width - 1, around.right),
    bottom: Math.min(height - 1, around.bottom),
  };
}

/** Gives the pixels of `label` a value where `mask`, which has the same size, is not 0. Outside of the box it is 0. */
export function paintMask(label: LabelImage, mask: LabelImage, value: number, box?: Box): void {
  const { width, height } = mask;
  const { left, top, right, bottom } = box ?? { left: 0, top: 0, right: width - 1, bottom: height - 1 };
  spend(label, (Math.max(0, bottom - top) * Math.max(0, right - left)) / 4);
  for (let y = top; y <= bottom; y++) {
    for (let i = y * width + left; i <= y * width + right; i++) if (mask.data[i] !== 0) label.data[i] = value;
  }
}
