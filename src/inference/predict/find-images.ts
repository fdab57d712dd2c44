import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { counted } from '../../base/counted.ts';
import { inputError } from '../../base/errors.ts';
import { idOf } from '../../base/files.ts';
import { identityOf } from '../../base/look.ts';
import { FileIndex, imageExtensions } from '../../data/datasets/file-index.ts';
import { isImage } from '../../data/datasets/formats/find-images.ts';
import type { ImageToSegment } from './results.ts';

/**
 * The images that an argument means: a file; a folder, with those in folders below it; a pattern such as `photos/*.jpg`. A
 * file of a folder has the path below the folder for its id, other files have their names.
 * @param out the folder of the results, which is not looked into
 * @throws FcnError when a folder or a pattern has no image
 */
export async function findImages(arg: string, out: string): Promise<ImageToSegment[]> {
  if (existsSync(arg)) return statSync(arg).isDirectory() ? imagesBelow(arg, out) : [named(arg)];
  const pattern = path.sep === '\\' ? arg.replaceAll('\\', '/') : arg;
  // A file that is not there is told of when its turn comes.
  if (!isDynamicPattern(pattern)) return [named(arg)];
  const files = (await glob(pattern, { expandDirectories: false, absolute: path.isAbsolute(arg) }))
    .filter(isImage)
    .sort();
  if (files.length > 0) return eachOnce(files.map(named));
  throw inputError(`images '${arg}': got no image file with such a name, expected ${kinds}`);
}

async function imagesBelow(folder: string, out: string): Promise<ImageToSegment[]> {
  const index = await FileIndex.read(folder, imageExtensions, 'image');
  const results = path.resolve(out) + path.sep;
  const files = index.ids.flatMap((id) =>
    index.filesOf(id).map((name) => ({ file: path.join(folder, name), id })),
  );
  // Results of an earlier call are no photos, unless they are what was asked for.
  const isResult = (file: string) =>
    !path.resolve(folder, '.').startsWith(results) && path.resolve(file).startsWith(results);
  const images = files.filter(({ file }) => !isResult(file));
  if (images.length > 0) return eachOnce(images);
  if (files.length > 0) {
    throw inputError(
      `images ${folder}: got ${counted(files.length, 'image')} in ${out}, where results are written, and none elsewhere; choose another ` +
        'folder with --out',
    );
  }
  throw inputError(`images ${folder}: got a folder without image files, expected ${kinds}`);
}

/** Without images that links to a folder show again: the one in the fewest folders stays. */
function eachOnce(images: readonly ImageToSegment[]): ImageToSegment[] {
  const depth = ({ file }: ImageToSegment) => file.split(path.sep).length;
  const seen = new Map<string, ImageToSegment>();
  for (const image of images) {
    const place = `${identityOf(path.dirname(image.file))}/${path.basename(image.file)}`;
    const other = seen.get(place);
    if (!other || depth(image) < depth(other)) seen.set(place, image);
  }
  const kept = new Set(seen.values());
  return images.filter((image) => kept.has(image));
}

const kinds = imageExtensions.join(', ');

function named(file: string): ImageToSegment {
  return { file, id: idOf(file) };
}

/**
 * Images with the files that hold further channels of each: in each of the folders, the one of the same id.
 * @throws FcnError where there is none or more than one
 */
export async function withFurther(
  images: readonly ImageToSegment[],
  folders: readonly string[],
): Promise<ImageToSegment[]> {
  const indices = await Promise.all(
    folders.map((folder) => FileIndex.read(folder, imageExtensions, 'image')),
  );
  return images.map((image) => {
    const further = indices.map((index) => {
      const { folder } = index;
      const [name, other] = index.filesOf(image.id);
      if (name !== undefined && other === undefined) return path.join(folder, name);
      throw inputError(
        `--with: got ${name === undefined ? 'no file' : `${name} and ${other}`} for ${image.file} in ${folder}, expected ` +
          `a single file called ${image.id}, with an extension of ${kinds}`,
      );
    });
    return { ...image, further };
  });
}
