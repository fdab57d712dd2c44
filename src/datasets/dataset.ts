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

/** An image with its label map of the same size. */
export interface Sample {
  readonly id: string;
  readonly image: RgbImage;
  readonly label: LabelImage;
}

/** The label of pixels that take no part in training or scoring (VOC's border and void). */
export const ignoreLabel = 255;

/** One split of a data set. */
export interface Dataset {
  /** The SPEC it was opened with and the split, for messages and reports: `voc:DIR train`. */
  readonly name: string;
  /** Class names; the index is the class number. */
  readonly classes: readonly string[];
  /** Ids in the order of the split file. */
  readonly ids: readonly string[];
  /** Image and label of `ids[index]`. @throws FcnError naming the file when either is missing, broken or inconsistent. */
  load(index: number): Promise<Sample>;
  /** The label alone, for scoring. @throws as `load`. */
  loadLabel(index: number): Promise<LabelImage>;
  /** Where the image of `ids[index]` comes from, for messages. */
  imageSource(index: number): string;
}
