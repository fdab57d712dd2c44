/** Pixels of any number of channels, of 8 or 16 bits, row by row: [height, width, channels]. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint16Array;
}

/** How many channels an image has. */
export function channelsOf({ width, height, data }: Image): number {
  return data.length / (width * height);
}

/** Pixels of the type that other pixels have, all 0. */
export function pixelsLike<T extends Uint8Array | Uint16Array>({ BYTES_PER_ELEMENT }: T, length: number): T {
  return (BYTES_PER_ELEMENT === 1 ? new Uint8Array(length) : new Uint16Array(length)) as T;
}

/** 8-bit RGB pixels, row by row: [height, width, 3]. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The class of each pixel, row by row: [height, width]; `ignoreLabel` where it is void. */
export interface LabelImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The label of pixels that take no part in training or scoring (VOC's border and void). */
export const ignoreLabel = 255;
