import { sharp } from '../../base/sharp.ts';
import type { LabelImage } from './image.ts';
import { remarks } from './remarks.ts';
import { tiffTag } from './tiff-tags.ts';

/** How an image file is turned, and its size when it is upright. */
export interface Pose {
  /** EXIF's 1 to 8; 1 is upright as it is stored (EXIF 2.3, tag 274). */
  readonly orientation: number;
  /** Upright. */
  readonly width: number;
  readonly height: number;
}

/** How an image, a file or its bytes, is turned, from its header alone. What has no header that can be read counts as upright. */
export async function readPose(file: string | Uint8Array): Promise<Pose> {
  try {
    const { orientation = 1, autoOrient } = await sharp(file, { limitInputPixels: false }).metadata();
    return { orientation, ...autoOrient };
  } catch {
    return { orientation: 1, width: 0, height: 0 }; // whoever reads the image itself gets the reason
  }
}

/** EXIF's orientation, which TIFF has as a tag of its own. */
const orientationTag = 274;

/** The orientation that the file of a mask states of itself, which few do. */
export async function ownOrientation(bytes: Uint8Array): Promise<number> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const mayTell =
    tiffTag(bytes, orientationTag) ?? ['eXIf', 'Exif', 'EXIF'].some((mark) => file.includes(mark));
  return mayTell ? (await readPose(bytes)).orientation : 1;
}

/**
 * A mask for the upright image. One of the stored size is turned as its image is, one of the upright size is taken as it
 * is; so is one that fits either way (a square, or an image on its head), as labeling tools and browsers show images upright.
 * @returns also what to say about it, if anything
 */
export function uprightLabel(label: LabelImage, pose: Pose): { label: LabelImage; remark?: string } {
  const { orientation, width, height } = pose;
  if (orientation === 1) return { label };
  if (orientation < 5 || width === height) return { label, remark: remarks.maskFits };
  if (label.width !== height || label.height !== width) return { label };
  return { label: turned(label, orientation), remark: remarks.maskTurned };
}

/** Where pixel (x, y) of the upright image is stored, in an image of w x h stored pixels. */
const storedAt: Readonly<Record<number, (x: number, y: number, w: number, h: number) => [number, number]>> = {
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, _, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, _, h) => [y, h - 1 - x],
  7: (x, y, w, h) => [w - 1 - y, h - 1 - x],
  8: (x, y, w) => [w - 1 - y, x],
};

/** Pixels that are stored turned, upright; any number of bytes a pixel. @param orientation 2 to 8 */
export function turned({ width: w, height: h, data: stored }: LabelImage, orientation: number): LabelImage {
  const [width, height] = orientation < 5 ? [w, h] : [h, w];
  const size = stored.length / (w * h);
  const data = new Uint8Array(stored.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = storedAt[orientation]!(x, y, w, h);
      for (let c = 0; c < size; c++)
        data[(y * width + x) * size + c] = stored[(fromY * w + fromX) * size + c]!;
    }
  }
  return { width, height, data };
}
