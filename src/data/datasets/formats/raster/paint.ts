import type { LabelImage } from '../../../images/image.ts';

/** x and y in pixels; 0, 0 is the upper left corner of the image. */
export type Point = readonly [number, number];

/** Gives the pixels x0..x1 (both included) of a row a value. What lies outside the image is left out. */
export function paintRow(label: LabelImage, y: number, x0: number, x1: number, value: number): void {
  const { width, height, data } = label;
  if (y < 0 || y >= height) return;
  const [left, right] = [Math.max(x0, 0), Math.min(x1, width - 1)];
  if (left <= right) data.fill(value, y * width + left, y * width + right + 1);
}

/** A label map of nothing but `value`. */
export function blankLabel(width: number, height: number, value = 0): LabelImage {
  return { width, height, data: new Uint8Array(width * height).fill(value) };
}

/** Gives the pixels of `label` a value where `mask`, which has the same size, is not 0. */
export function paintMask(label: LabelImage, mask: LabelImage, value: number): void {
  for (let i = 0; i < mask.data.length; i++) if (mask.data[i] !== 0) label.data[i] = value;
}
