import * as z from 'zod';

/** Annotations lie on images or a little beside them; numbers beyond this are mistakes, and would take hours to draw. */
const farthest = 1e6;

/** A coordinate in pixels. */
export const coordinate = z.number().min(-farthest).max(farthest);

/** x and y. */
export const point = z.tuple([coordinate, coordinate], { error: 'expected two numbers, x and y' });

/** As many pixels as the decoder of images takes: 0x3fff squared. */
const mostPixels = 16383 ** 2;

/** Width and height of an image, which a label map of that size must be able to have. */
export const side = z.number().int().positive().max(mostPixels);

/** Whether a label map of this size is small enough to be made. */
export function isPossibleSize(width: number, height: number): boolean {
  return width * height <= mostPixels;
}
