import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { inputError } from '../../../base/errors.ts';
import { readWithRemarks } from '../../images/decode.ts';
import type { OnUnusable } from '../unusable.ts';
import {
  type AnnotatedImage,
  type AnnotatedImages,
  checkClassCount,
  inSplit,
  type ReportProblem,
} from './annotated-images.ts';
import { type CocoClasses, classesOfCategories } from './coco-classes.ts';
import { type CocoFile, type CocoImage, readCocoFile } from './coco-file.ts';
import { labelOfInstances } from './coco-instances.ts';
import { labelOfPanoptic } from './coco-panoptic.ts';
import { checkReferences } from './coco-references.ts';
import { existingFile, filesBelow, ImageFinder, idOfPath } from './find-images.ts';
import { uprightSize } from './image-size.ts';
import { inOrder, splitNames, splitOfFolder } from './split-folders.ts';

/**
 * `coco:FILE.json`: COCO's annotations of instances (or stuff), or its panoptic ones. Images are looked for by their
 * file_name beside FILE and below, and beside its folder where that is called annotations. Where FILE or its folder is
 * named after a split (instances_train2017.json, train/_annotations.coco.json), so are the other splits' files.
 */
export async function readCoco(file: string, report: ReportProblem): Promise<AnnotatedImages> {
  if (file === '') throw inputError(`data 'coco:': got no file, expected coco:FILE.json`);
  checkIsFile(file);
  const named = filesOfSplits(file);
  const files: CocoFile[] = [];
  for (const one of named?.values() ?? [file]) files.push(await readCocoFile(one));
  const withoutMasks = files.filter(({ hasMasks }) => !hasMasks);
  if (
    withoutMasks.length === files.length &&
    files.some(({ images }) => images.some(({ annotations }) => annotations.length > 0))
  ) {
    throw inputError(`COCO file ${file}: got only boxes, expected annotations with a segmentation`);
  }
  const classes = classesOfCategories(files);
  checkClassCount(classes.names, file);
  const images: AnnotatedImage[][] = [];
  const warnings: string[] = [];
  for (const [index, one] of files.entries()) {
    const onUnusable = inSplit(report, [...(named?.keys() ?? [])][index]);
    const checked = checkReferences(one, onUnusable);
    images.push(await imagesOf(one, checked.images, classes, onUnusable));
    warnings.push(...checked.warnings);
  }
  if (!named) return { classes: classes.names, images: images[0]!, warnings };
  const splits = new Map([...named.keys()].map((split, index) => [split, images[index]!]));
  return { classes: classes.names, images: inOrder(splits), warnings };
}

/** @throws FcnError that names the files in a folder that is given in place of one of them */
function checkIsFile(file: string): void {
  if (!existsSync(file) || !statSync(file).isDirectory()) return;
  throw inputError(
    `data coco:${file}: got a folder, expected a file; name one of the files in it, or leave 'coco:' out`,
  );
}

/** The files of all splits, when the name of this one has that of a split in it, or its folder is called so. */
function filesOfSplits(file: string): Map<string, string> | undefined {
  const [folder, name] = [path.dirname(file), path.basename(file)];
  const split = splitOfFolder(path.basename(folder));
  if (split) return siblings(file, split, (other) => path.join(path.dirname(folder), other, name));
  const [, before, own, after] =
    /^(|.*[^a-z])(training|train|validation|valid|val|testing|test)([^a-z].*)$/i.exec(name) ?? [];
  if (own === undefined) return undefined;
  return siblings(file, splitOfFolder(own)!, (other) => path.join(folder, `${before}${other}${after}`));
}

function siblings(file: string, own: string, fileOf: (name: string) => string): Map<string, string> {
  const splits = new Map([[own, file]]);
  for (const name of splitNames) {
    const split = splitOfFolder(name)!;
    if (!splits.has(split) && existsSync(fileOf(name))) splits.set(split, fileOf(name));
  }
  return splits;
}

async function imagesOf(
  coco: CocoFile,
  images: readonly CocoImage[],
  classes: CocoClasses,
  onUnusable: OnUnusable,
): Promise<AnnotatedImage[]> {
  const folder = path.dirname(coco.file);
  const root = path.basename(folder) === 'annotations' ? path.dirname(folder) : folder;
  const finder = new ImageFinder(root, await filesBelow(root));
  // instances_train2017.json annotates images in a folder train2017 rather than those in val2017.
  const near = path.basename(coco.file, path.extname(coco.file)).replaceAll('_', '/');
  const found = images.map((image) => {
    const { file_name } = image;
    return { image, file: existingFile(folder, file_name) ?? finder.find(file_name, near) };
  });
  const missing = found.filter(({ file }) => !file).map(({ image }) => image.file_name);
  if (missing.length > 0) {
    const some = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', ...' : '');
    onUnusable(
      inputError(
        `COCO file ${coco.file}: ${missing.length} of its ${images.length} images are missing: ${some}; put them next to the file, or ` +
          'take them out of its list',
      ),
      missing.map(idOfPath),
    );
  }
  return found.flatMap(({ image, file }) =>
    file ? [annotatedImage(coco, image, file, classes, finder)] : [],
  );
}

function annotatedImage(
  coco: CocoFile,
  image: CocoImage,
  found: string,
  classes: CocoClasses,
  finder: ImageFinder,
): AnnotatedImage {
  const { file, panoptic } = coco;
  return {
    id: idOfPath(image.file_name),
    source: found,
    readImage: () => readWithRemarks(found),
    labelSource: file,
    async readLabel(tell) {
      if (panoptic) return labelOfPanoptic(file, image, classes, finder);
      const { width, height } = image.width && image.height ? image : await uprightSize(found);
      return labelOfInstances(file, { ...image, width: width!, height: height! }, classes, tell);
    },
  };
}
