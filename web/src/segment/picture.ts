import { decodePicture } from '../decode-picture.ts';

/** An image to segment. */
export interface Picture {
  readonly name: string;
  /** The image's own size. */
  readonly width: number;
  readonly height: number;
  /** At its own size, to be shown. */
  readonly shown: ImageBitmap;
  /** As the network is to see it: smaller, where the image is large. */
  readonly pixels: ImageData;
}

/**
 * An image file as a picture.
 * @param longest side, in pixels, that the network is to see; 0 for the image's own.
 * @throws Error with words for people when the browser cannot read it.
 */
export async function readPicture(file: Blob, name: string, longest: number): Promise<Picture> {
  return pictureOf(await decodePicture(file, name), name, longest);
}

export function pictureOf(shown: ImageBitmap, name: string, longest: number): Picture {
  const { width, height } = shown;
  const scale = longest > 0 ? Math.min(1, longest / Math.max(width, height)) : 1;
  const [seenWidth, seenHeight] = [width, height].map((side) => Math.max(1, Math.round(side * scale))) as [
    number,
    number,
  ];
  const context = new OffscreenCanvas(seenWidth, seenHeight).getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(shown, 0, 0, seenWidth, seenHeight);
  return { name, width, height, shown, pixels: context.getImageData(0, 0, seenWidth, seenHeight) };
}

/** Words for a picture that the network sees at another size. */
export function seenSize({ width, height, pixels }: Picture): string {
  return pixels.width === width && pixels.height === height
    ? ''
    : `, seen as ${pixels.width}x${pixels.height}`;
}
