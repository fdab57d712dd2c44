import { existsSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { pairFiles, type SampleFiles } from './file-dataset.ts';
import { bareMaskName, FileIndex, imageExtensions, maskExtensions } from './file-index.ts';
import { filesOf } from './find-files.ts';
import type { LabelMeaning } from './label-meaning.ts';
import { decodeMask } from './mask-labels.ts';
import { SamePalettes } from './same-palettes.ts';
import type { OnUnusable } from './unusable.ts';

/** Folders of images and masks, where an image's mask has its name. */
export interface PairedFolders {
  /** What paths in lists are relative to. */
  readonly root: string;
  readonly images: FileIndex;
  readonly masks: FileIndex;
  /** What messages call a mask: `label`. */
  readonly maskName: string;
  /** A number behind an id is no part of it, as in VOC's lists of a class: `2008_000002 -1`. */
  readonly listsNumbers: boolean;
  /** Masks that lists name, by the id of their image. */
  readonly listed: Map<string, string>;
}

/** One folder may hold both. Where an id has several files, JPEG or PNG counts alone for images, and PNG for masks. */
export async function openPairs(
  root: string,
  images: string,
  masks: string,
  options: Pick<PairedFolders, 'maskName' | 'listsNumbers'>,
): Promise<PairedFolders> {
  const both =
    images === masks
      ? await FileIndex.readBoth(path.join(root, images), 'image')
      : {
          images: await FileIndex.read(path.join(root, images), imageExtensions, 'image', 3),
          masks: await FileIndex.read(path.join(root, masks), maskExtensions, options.maskName, 1),
        };
  return { root, ...both, ...options, listed: new Map() };
}

/**
 * The id that a line of a split names: an id or a file, perhaps with its mask behind (`JPEGImages/a.jpg
 * SegmentationClass/a.png`), which is kept among `listed`, or with a number, as VOC's class lists have it. Names may hold
 * spaces. A line that names no image is returned as far as it can be an id.
 * @param onUnusable told of a mask that is not there
 */
export function idOfListLine(
  line: string,
  { root, images, masks, listed, listsNumbers }: PairedFolders,
  onUnusable: OnUnusable,
): string {
  const text = unquoted(line.replaceAll('\\', '/'));
  const [, image, mask] = pair.exec(text) ?? [];
  const exact = images.has(text) || images.has(withoutExtension(text));
  if (image && mask && !exact) {
    const id = images.idOf(unquoted(image), imageExtensions) ?? withoutExtension(unquoted(image));
    const file = findMask(unquoted(mask), root, masks);
    if (file) listed.set(id, file);
    else
      onUnusable(inputError(`mask of '${id}': there is no ${mask} in ${root}; correct the line '${line}'`), [
        id,
      ]);
    return id;
  }
  const whole = images.idOf(text, imageExtensions);
  if (whole !== undefined) return whole;
  const [, before] = (listsNumbers && /^(\S.*?)\s+[-+]?\d+$/.exec(text)) || [];
  const numbered = before === undefined ? undefined : images.idOf(unquoted(before), imageExtensions);
  return numbered ?? images.idOf(bareMaskName(text), imageExtensions) ?? withoutExtension(text);
}

/** An image, a separator, its mask: the separator is behind the first extension of an image. */
const pair =
  /^(.+?\.(?:jpe?g|png|webp|tiff?|gif|avif|bmp)["']?)(?:\s*[,;]\s*|\s+)(["']?.+\.(?:png|tiff?|bmp|webp|gif|jpe?g)["']?)$/i;

function withoutExtension(name: string): string {
  const extension = path.posix.extname(name);
  return imageExtensions.includes(extension.toLowerCase()) ? name.slice(0, -extension.length) : name;
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2');
}

/** Below the root; by its name alone, or in a folder of another place that has the name of the one with the masks. */
function findMask(name: string, root: string, masks: FileIndex): string | undefined {
  const relative = name.replace(/^(\.?\/)+/, '');
  const places = [path.join(root, relative), path.join(masks.folder, relative)];
  for (const place of path.isAbsolute(name) ? [name, ...places] : places) {
    if (existsSync(place)) return place;
  }
  const parent = path.posix.basename(path.posix.dirname(relative));
  if (parent !== '.' && parent !== path.basename(masks.folder)) return undefined;
  const id = masks.idOf(path.posix.basename(relative), maskExtensions);
  const [file] = id === undefined ? [] : masks.filesOf(id);
  return file && path.join(masks.folder, file);
}

/** Images and masks of ids. */
export function pairSamples(
  ids: readonly string[],
  { images, masks, listed, maskName }: PairedFolders,
  meaning: LabelMeaning,
  onUnusable: OnUnusable,
): SampleFiles[] {
  const imageFiles = filesOf(ids, images, (id) => images.filesOf(id), {
    what: 'image',
    extensions: imageExtensions,
    onUnusable,
  });
  const unlisted = ids.filter((id) => !listed.has(id));
  const maskFiles = filesOf(unlisted, masks, (id) => masksFor(id, images, masks), {
    what: maskName,
    extensions: maskExtensions,
    onUnusable,
  });
  refuseShared(maskFiles, images, masks, onUnusable);
  const all = new Map([...listed, ...maskFiles]);
  const palettes = new SamePalettes();
  return pairFiles(ids, imageFiles, all, (bytes, file, tell) =>
    decodeMask(bytes, file, meaning, tell, palettes),
  );
}

/** The masks of an image, without those that have the very name of another. */
export function masksFor(id: string, images: FileIndex, masks: FileIndex): readonly string[] {
  return masks.masksOf(id).filter((file) => idOfMask(file) === id || !images.has(idOfMask(file)));
}

function idOfMask(file: string): string {
  return file.slice(0, -path.posix.extname(file).length).normalize('NFC');
}

/** Where names differ in more than an extension, a mask may seem to be that of two images. */
function refuseShared(
  files: Map<string, string>,
  images: FileIndex,
  masks: FileIndex,
  onUnusable: OnUnusable,
): void {
  const isOwn = ([id, file]: [string, string]) =>
    idOfMask(path.relative(masks.folder, file).replaceAll('\\', '/')) === id;
  const loose = new Map([...files].filter((entry) => !isOwn(entry)).map(([id, file]) => [file, id]));
  if (loose.size === 0) return;
  for (const other of images.ids) {
    for (const name of masksFor(other, images, masks)) {
      const file = path.join(masks.folder, name);
      const id = loose.get(file);
      if (id === undefined || id === other) continue;
      onUnusable(
        inputError(
          `mask ${file}: got the images '${id}' and '${other}' that it could belong to, expected one; rename the mask after its image`,
        ),
        [id],
      );
      files.delete(id);
    }
  }
}
