import path from 'node:path';
import { z } from 'zod';
import { inputError } from '../../../base/errors.ts';
import { listOf } from '../../../base/schemas.ts';
import { readImage } from '../../images/decode.ts';
import type { LabelImage, RgbImage } from '../../images/image.ts';
import { decodeBase64Image } from './base64-image.ts';
import { existingFile, type ImageFinder } from './find-images.ts';
import { isPossibleSize, side } from './geometry.ts';
import { uprightSize } from './image-size.ts';
import { drawShape, labelmeShape } from './labelme-shapes.ts';
import { blankLabel } from './raster/paint.ts';
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

/** The file of the image: `json` itself where it embeds the image. @throws FcnError when it is missing */
export function findImage({ imagePath, imageData }: LabelmeFile, json: string, finder: ImageFinder): string {
  if (imageData) return json;
  if (!imagePath) {
    throw inputError(`labelme file ${json}: got neither imagePath nor imageData, expected one of them`);
  }
  const beside = existingFile(path.dirname(json), imagePath);
  const found = beside ?? finder.find(imagePath, json);
  if (found) return found;
  throw inputError(`labelme file ${json}: its image ${imagePath} is missing; put it beside the file`);
}

/** @param image what findImage has found */
export async function readLabelmeImage(
  { imageData }: LabelmeFile,
  json: string,
  image: string,
): Promise<RgbImage> {
  // labelme shows files upright, and embeds images as they are shown.
  return imageData ? decodeBase64Image(imageData, `${json}: imageData`) : readImage(image);
}

/** The label map as shapes_to_label of labelme makes it: later shapes lie above earlier ones. */
export async function labelOfShapes(
  content: LabelmeFile,
  json: string,
  image: string,
  numbers: ReadonlyMap<string, number>,
): Promise<LabelImage> {
  const { width, height } = await sizeOf(content, json, image);
  if (!isPossibleSize(width, height)) {
    throw inputError(
      `labelme file ${json}: got an image of ${width}x${height} pixels, expected a smaller one`,
    );
  }
  const label = blankLabel(width, height);
  for (const [index, shape] of content.shapes.entries()) {
    drawShape(label, shape, numbers, `labelme file ${json}: shapes.${index} (${shape.label})`);
  }
  return label;
}

async function sizeOf(content: LabelmeFile, json: string, image: string) {
  const { imageWidth, imageHeight, imageData } = content;
  if (imageWidth && imageHeight) return { width: imageWidth, height: imageHeight };
  return imageData ? readLabelmeImage(content, json, image) : uprightSize(image);
}
