import type { RgbImage } from './image.ts';

/** An image of which rows are read when they are needed. */
export interface RowSource {
  readonly width: number;
  readonly height: number;
  /** All columns of `height` rows from `top` on. @throws FcnError when they cannot be decoded. */
  rows(top: number, height: number): Promise<RgbImage>;
}

/** Rows of an image that is in memory. */
export function rowsOf(image: RgbImage): RowSource {
  const { width, height, data } = image;
  const rows = async (top: number, count: number) => {
    return { width, height: count, data: data.subarray(top * width * 3, (top + count) * width * 3) };
  };
  return { width, height, rows };
}
