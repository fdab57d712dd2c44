import { open } from 'node:fs/promises';
import path from 'node:path';
import { type FcnError, inputError } from '../../base/errors.ts';
import { listFolder } from '../../base/files.ts';
import { lookAt } from '../../base/look.ts';
import { FileIndex, imageExtensions, maskExtensions } from './file-index.ts';
import { findFolderPairs } from './folder-layout.ts';
import { beginningOf } from './formats/beginning-of.ts';

/**
 * What a folder is that has none of the known formats, and the way out, as far as that can be seen: what people have from
 * their tools and take for a data set.
 */
export async function describeUnknown(folder: string): Promise<string | undefined> {
  const above = await folderAbove(folder);
  if (above !== undefined) {
    return `got one of the folders of a data set, expected the folder that contains the images and the masks; name ${above}`;
  }
  const names = (await listFolder(folder, 'data set')).filter((name) => !name.startsWith('.'));
  if (names.length === 0) return 'got an empty folder, expected images with masks or annotations';
  const archive = names.find((name) => /\.(zip|7z|rar|tar|tgz|tar\.\w+)$/i.test(name));
  if (archive)
    return `got a folder with the archive ${archive}, expected its contents; unpack it, and name the folder`;
  if (names.includes('annotations.xml')) {
    return "got CVAT's XML (annotations.xml), expected its export 'Segmentation mask 1.1' or 'COCO 1.0'; export it that way";
  }
  for (const name of names.filter((one) => /\.json$/i.test(one))) {
    const about = describeJson(name, await beginningOf(path.join(folder, name)));
    if (about !== undefined) return about;
  }
  const lines = names.find((name) => /\.(ndjson|jsonl)$/i.test(name));
  if (lines)
    return `got JSON line by line (${lines}), as Labelbox exports it, expected COCO's format; export or convert it to that`;
  const [pair] = await findFolderPairs(folder);
  if (pair) {
    const { unreadable } = await FileIndex.read(path.join(folder, pair.masks), maskExtensions, 'mask');
    if (unreadable) return `got no masks in ${pair.masks}, but ${unreadable.replace('JPEG or ', '')}`;
  }
  if (await hasFiles(folder, names, ['labels'], /\.txt$/i)) {
    return (
      'got YOLO labels without their data.yaml, expected it in the folder, with train, val and names; write it ' +
      "('train: images', 'names: [cat, dog]')"
    );
  }
  if (await hasFiles(folder, names, ['', 'annotations', 'xml', 'labels'], /\.xml$/i)) {
    return 'got XML files, as tools write them for boxes around objects, expected masks or polygons; draw or export those';
  }
  const isImage = (name: string) => imageExtensions.includes(path.extname(name).toLowerCase());
  if (names.some(isImage) || (names.length === 1 && /^(images?|imgs?|photos)$/i.test(names[0]!))) {
    return "got images without masks or annotations, expected 'images' and 'masks', or the export of a labelling tool";
  }
  return undefined;
}

/** What a JSON file is that has none of the known formats. */
function describeJson(name: string, beginning: string): string | undefined {
  if (/"shape_attributes"/.test(beginning)) {
    return `got the project of VGG Image Annotator (${name}), expected COCO's format; export it that way`;
  }
  if (/^\s*\[/.test(beginning) && /"category_id"\s*:/.test(beginning) && /"image_id"\s*:/.test(beginning)) {
    return (
      `got annotations without images and categories (${name}), as results in COCO's format are, expected the whole file; put ` +
      "the list under 'annotations', beside 'images' and 'categories'"
    );
  }
  if (/^\s*\{/.test(beginning) && /"annotations"\s*:/.test(beginning) && /"result"\s*:/.test(beginning)) {
    return `got a single task of Label Studio (${name}), expected a list of them; put [ and ] around it`;
  }
  return undefined;
}

/** The folder above, where this one is its folder of images or that of masks. */
export async function folderAbove(folder: string): Promise<string | undefined> {
  const [above, own] = [path.dirname(path.resolve(folder)), path.basename(path.resolve(folder))];
  const pairs = await findFolderPairs(above);
  const isPart = pairs.some(({ images, masks }) => [images, masks].includes(own));
  return isPart ? path.normalize(path.join(folder, '..')) : undefined;
}

async function hasFiles(folder: string, names: readonly string[], below: readonly string[], kind: RegExp) {
  for (const one of below) {
    const own = one === '' ? '' : names.find((name) => name.toLowerCase() === one);
    const place = own === undefined ? undefined : path.join(folder, own);
    if (place === undefined || !lookAt(place)?.isDirectory()) continue;
    const found = await listFolder(place, 'data set');
    if (found.some((name) => kind.test(name))) return true;
    // labels/train
    for (const name of found.filter((name) => lookAt(path.join(place, name))?.isDirectory())) {
      if (
        one !== '' &&
        (await listFolder(path.join(place, name), 'data set')).some((file) => kind.test(file))
      )
        return true;
    }
  }
  return false;
}

/** How archives begin. */
const archives: readonly (readonly [string, string])[] = [
  ['PK\x03\x04', 'ZIP'],
  ['\x1f\x8b', 'gzip'],
  ['7z\xbc\xaf', '7z'],
  ['Rar!', 'RAR'],
];

/** The error of an archive that is given in place of a data set, as tools export it; undefined for anything else. */
export async function archiveError(place: string): Promise<FcnError | undefined> {
  if (!lookAt(place)?.isFile()) return undefined;
  const handle = await open(place);
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.toString('latin1');
    const kind = archives.find(([signature]) => start.startsWith(signature))?.[1];
    if (kind === undefined) return undefined;
    return inputError(
      `data '${place}': got a ${kind} archive, expected the folder inside; unpack it, and name the folder`,
    );
  } finally {
    await handle.close();
  }
}
