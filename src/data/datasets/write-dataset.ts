import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { diskFailure, makeFolder, writeFileAtomic } from '../../base/files.ts';
import { fillWhole } from '../../base/whole-folder.ts';
import { readImage } from '../images/decode.ts';
import { encodePng } from '../images/encode.ts';
import { encodeLabelPng } from '../images/encode-label-png.ts';
import type { RgbImage } from '../images/image.ts';
import { readPose } from '../images/orientation.ts';
import { vocPalette } from '../images/palette.ts';
import { asPicture } from '../images/picture.ts';
import { isLoneHeader } from './class-line.ts';
import type { Dataset } from './dataset.ts';
import { imageExtensions } from './find-files.ts';

/** Where the parts of a data set go, relative to its folder. */
interface Layout {
  readonly images: string;
  readonly labels: string;
  readonly splits: string;
}

export const layouts = {
  voc: {
    images: 'JPEGImages',
    labels: 'SegmentationClass',
    splits: path.join('ImageSets', 'Segmentation'),
  },
  folder: { images: 'images', labels: 'masks', splits: 'splits' },
} satisfies Record<string, Layout>;

/**
 * Writes splits as `voc:` or `folder:`: images (copies of files that hold the very pixels, PNG otherwise), labels as palette
 * PNGs, classes.txt and the lists of splits. An image that is in several splits is written once; where splits call
 * different images the same, the name of the split goes before the later ones. All of it appears at once at the end; on failure
 * nothing does.
 * @param names of the splits
 * @param mayReplace whether files of the same names may be in `out`, which are replaced; otherwise it is new or empty
 * @throws FcnError when an image or label cannot be used, or nothing can be written
 */
export async function writeDataset(
  splits: readonly Dataset[],
  names: readonly string[],
  out: string,
  layout: Layout,
  onImage: (done: number) => void,
  mayReplace = false,
): Promise<void> {
  await fillWhole(out, mayReplace, (temporary) => writeParts(splits, names, temporary, layout, onImage));
}

async function writeParts(
  splits: readonly Dataset[],
  names: readonly string[],
  out: string,
  layout: Layout,
  onImage: (done: number) => void,
): Promise<void> {
  const [images, labels, lists] = [layout.images, layout.labels, layout.splits].map((name) =>
    path.join(out, name),
  );
  for (const folder of [images!, labels!, lists!]) await makeFolder(folder);
  const palette = vocPalette();
  /** The sources of what is written, by the id it is written under. */
  const written = new Map<string, string>();
  let done = 0;
  for (const [number, split] of splits.entries()) {
    const ids: string[] = [];
    for (const [index, original] of split.ids.entries()) {
      const source = split.imageSource(index);
      const id = nameFor(original, source, names[number]!, written);
      ids.push(id);
      if (!written.has(id)) {
        const { image, label } = await split.load(index);
        await writeImage(asPicture(image), source, path.join(images!, id));
        await writeFileAtomic(path.join(labels!, `${id}.png`), [encodeLabelPng(label, palette)]);
        written.set(id, source);
      }
      onImage(++done);
    }
    await writeFileAtomic(path.join(lists!, `${names[number]}.txt`), [ids.map((id) => `${id}\n`).join('')]);
  }
  const classes = writableNames(splits[0]!.classes);
  await writeFileAtomic(path.join(out, 'classes.txt'), [classes.map((name) => `${name}\n`).join('')]);
}

/** Lists of splits have an id in each line, and take the first word. */
function nameFor(id: string, source: string, split: string, written: ReadonlyMap<string, string>): string {
  const plain = id.replace(/[\s/\\]+/g, '_');
  const candidates = [plain, `${split}_${plain}`];
  const name = candidates.find((one) => !written.has(one) || written.get(one) === source);
  if (name !== undefined) return name;
  throw inputError(
    `image ${source}: other images already have its names ${candidates.join(' and ')}; rename it`,
  );
}

function writableNames(names: readonly string[]): string[] {
  const writable = names.map(writableName);
  return writable.map((name, index) => (writable.indexOf(name) < index ? `${name}_class_${index}` : name));
}

/**
 * A name that classes.txt gives back: numbers that stand alone in it would be read as a value or a color, and `void`,
 * headers, comments, quotes and brackets have meanings of their own.
 */
function writableName(name: string, index: number): string {
  const line = name.replace(/\s+/g, ' ').trim();
  const bound = line.replace(/[\s,;:=]+(?=\d+([\s,;:=]|$))/g, '_').replace(/^(\d+)[\s,;:=]+/, '$1_');
  const plain = bound.replace(/["#()[\]{}<>]|\/\/|^['|:=]|['|]$/g, '_');
  const means = /^(void|ignored?|__ignore__)$/i.test(plain) || (index === 0 && isLoneHeader(plain));
  return means || !/\p{L}/u.test(plain) ? `class_${index}_${plain}` : plain;
}

async function writeImage(image: RgbImage, source: string, target: string): Promise<void> {
  const extension = path.extname(source).toLowerCase();
  if (imageExtensions.includes(extension) && (await holds(source, image))) {
    try {
      await copyFile(source, `${target}${extension}`);
    } catch (thrown) {
      throw diskFailure(`cannot write ${target}${extension}`, thrown);
    }
  } else await writeFileAtomic(`${target}.png`, [await encodePng(image)]);
}

/** Whether a file has the very pixels, in whatever way it is read: not when its EXIF data turns it. */
async function holds(file: string, { width, height, data }: RgbImage): Promise<boolean> {
  const { orientation } = await readPose(file);
  const stored = await readImage(file);
  return (
    orientation === 1 &&
    stored.width === width &&
    stored.height === height &&
    Buffer.compare(stored.data, data) === 0
  );
}
