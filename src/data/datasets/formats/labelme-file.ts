import path from 'node:path';
import * as z from 'zod';
import { inputError } from '../../../base/errors.ts';
import { idOf } from '../../../base/files.ts';
import { listOf } from '../../../base/schemas.ts';
import { type DecodedImage, decodeWithRemarks, readWithRemarks } from '../../images/decode.ts';
import type { LabelImage } from '../../images/image.ts';
import { type Pose, readPose } from '../../images/orientation.ts';
import type { Tell } from './annotated-images.ts';
import { decodeBase64 } from './base64-image.ts';
import { baseName, existingFile, type ImageFinder } from './find-images.ts';
import { isPossibleSize, side } from './geometry.ts';
import { uprightSize } from './image-size.ts';
import { drawShape, labelmeShape, reachOf } from './labelme-shapes.ts';
import { blankLabel } from './raster/paint.ts';
import { ShapePlaces } from './shape-places.ts';
import { readJson } from './text-file.ts';

const labelmeFile = z.object({
  shapes: listOf(labelmeShape),
  imagePath: z.string().nullish(),
  /** The image in base64. */
  imageData: z.string().nullish(),
  imageHeight: side.nullish(),
  imageWidth: side.nullish(),
});

export type LabelmeFile = z.infer<typeof labelmeFile>;

/** @throws FcnError naming the file and the place in it */
export async function readLabelmeFile(file: string): Promise<LabelmeFile> {
  return readJson(labelmeFile, file, 'labelme file');
}

/**
 * The file of the image: `json` itself where it embeds the image; what its imagePath names; or else, where files were renamed
 * later, the image of its own name.
 * @throws FcnError when it is missing
 */
export function findImage({ imagePath, imageData }: LabelmeFile, json: string, finder: ImageFinder): string {
  if (imageData) return json;
  const named = imagePath
    ? (existingFile(path.dirname(json), imagePath) ?? finder.find(imagePath, json))
    : undefined;
  const found = named ?? finder.find(path.basename(json, path.extname(json)), path.dirname(json));
  if (found) return found;
  if (!imagePath) {
    throw inputError(`labelme file ${json}: got neither imagePath nor imageData, expected one of them`);
  }
  throw inputError(`labelme file ${json}: its image ${imagePath} is missing; put it next to the file`);
}

/** Whether the image has another name than the one that the file gives for it, but for its extension. */
export function isOtherwiseNamed({ imagePath, imageData }: LabelmeFile, image: string): boolean {
  const bare = (file: string) => idOf(baseName(file)).normalize('NFC').toLowerCase();
  return !imageData && bare(image) !== bare(imagePath ?? '');
}

/** @param image what findImage has found */
export async function readLabelmeImage(
  { imageData }: LabelmeFile,
  json: string,
  image: string,
): Promise<DecodedImage> {
  if (!imageData) return readWithRemarks(image);
  const what = `${json}: imageData`;
  return decodeWithRemarks(decodeBase64(imageData, what), what);
}

/** How the image is turned. labelme itself embeds images as it shows them, upright. */
export async function readLabelmePose(
  { imageData }: LabelmeFile,
  json: string,
  image: string,
): Promise<Pose> {
  return readPose(imageData ? decodeBase64(imageData, `${json}: imageData`) : image);
}

/** The label map as shapes_to_label of labelme makes it: later shapes lie above earlier ones. */
export async function labelOfShapes(
  content: LabelmeFile,
  json: string,
  image: string,
  numbers: ReadonlyMap<string, number>,
  tell: Tell,
): Promise<LabelImage> {
  const { width, height } = await sizeOf(content, json, image);
  if (!isPossibleSize(width, height)) {
    throw inputError(
      `labelme file ${json}: got an image of ${width}x${height} pixels, expected a smaller one`,
    );
  }
  const label = blankLabel(width, height);
  const places = new ShapePlaces(label);
  for (const [index, shape] of content.shapes.entries()) {
    drawShape(label, shape, numbers, `labelme file ${json}: shapes.${index} (${shape.label})`, tell);
    places.add(shape.points, reachOf(shape));
  }
  places.judge(`labelme file ${json}`, tell);
  return label;
}

async function sizeOf(content: LabelmeFile, json: string, image: string) {
  const { imageWidth, imageHeight, imageData } = content;
  if (imageWidth && imageHeight) return { width: imageWidth, height: imageHeight };
  return imageData ? (await readLabelmeImage(content, json, image)).image : uprightSize(image);
}
