import { channelsOf, type Image } from './image.ts';

/** An image of which rows are read when they are needed. */
export interface RowSource {
  readonly width: number;
  readonly height: number;
  /** All columns of `height` rows from `top` on. @throws FcnError when they cannot be decoded. */
  rows(top: number, height: number): Promise<Image>;
}

/** Rows of an image that is in memory. */
export function rowsOf(image: Image): RowSource {
  const { width, height, data } = image;
  const stride = width * channelsOf(image);
  const rows = async (top: number, count: number) => {
    return { width, height: count, data: data.subarray(top * stride, (top + count) * stride) };
  };
  return { width, height, rows };
}
