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
