import { rmSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { makeFolder, writeFileAtomic } from '../../base/files.ts';
import { sharp } from '../../base/sharp.ts';
import { openDataset } from '../../data/datasets/open.ts';
import { findVocRoot, openVoc } from '../../data/datasets/voc.ts';
import { vocClasses } from '../../data/datasets/voc-classes.ts';
import { encodeLabelPng } from '../../data/images/encode-label-png.ts';
import { vocPalette } from '../../data/images/palette.ts';
import { nativeRuntime } from '../../engine/runtimes/native/native-runtime.ts';
import { quantize } from '../../inference/quantize/quantize.ts';
import { spacedImages } from '../../inference/quantize/spaced-images.ts';
import type { Model } from '../../weights/model.ts';
import { saveModel } from '../../weights/model-file.ts';
import { writeTorch } from '../../weights/torch/write-torch.ts';

/** The size that most images of PASCAL VOC have. */
export const vocSize = { height: 375, width: 500 } as const;

/** A temporary folder with what whole programs read, removed at the end, or when Ctrl-C ends the process. */
export async function withScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-bench-'));
  const removeOnExit = () => rmSync(folder, { recursive: true, force: true });
  const exit = () => process.exit(130);
  process.on('exit', removeOnExit).on('SIGINT', exit).on('SIGTERM', exit);
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    process.off('exit', removeOnExit).off('SIGINT', exit).off('SIGTERM', exit);
  }
}

/** The weights in the two formats, for us and for PyTorch. */
export interface WeightFiles {
  readonly safetensors: string;
  readonly torch: string;
}

export async function writeWeights(folder: string, model: Model): Promise<WeightFiles> {
  const files = { safetensors: path.join(folder, 'fcn.safetensors'), torch: path.join(folder, 'fcn.pth') };
  await saveModel(files.safetensors, model);
  await writeTorch(files.torch, model.weights);
  return files;
}

/** The network in 8 bits, calibrated on the images of a folder in VOC's layout. Random weights have no accuracy to keep: nothing is tried. */
export async function writeQuantized(
  file: string,
  model: Model,
  folder: string,
  threads: number,
): Promise<void> {
  const dataset = await openDataset(`voc:${folder}`, 'val');
  const images = spacedImages(dataset, model.config.input, dataset.ids.length, () => {});
  const options = { threads, scores: false, calibration: 'min-max', floatLayers: [] } as const;
  const { parts } = await quantize(model, images, nativeRuntime, options);
  await writeFileAtomic(file, parts);
}

/** A folder in VOC's layout: `count` generated images of VOC's size, as JPEG files, in the splits train and val. */
export async function makeVocFolder(folder: string, count: number): Promise<string> {
  const { height, width } = vocSize;
  const side = Math.max(height, width);
  const dataset = await openDataset(`shapes:?val=${count}&size=${side}`, 'val');
  const palette = vocPalette();
  await makeFolder(path.join(folder, 'JPEGImages'));
  await makeFolder(path.join(folder, 'SegmentationClass'));
  for (let index = 0; index < count; index++) {
    const { id, image, label } = await dataset.load(index);
    const upper = { height, width, data: label.data.subarray(0, height * width) };
    await sharp(image.data.subarray(0, 3 * height * width), { raw: { height, width, channels: 3 } })
      .jpeg({ quality: 90 })
      .toFile(path.join(folder, 'JPEGImages', `${id}.jpg`));
    await writeFileAtomic(path.join(folder, 'SegmentationClass', `${id}.png`), [
      encodeLabelPng(upper, palette),
    ]);
  }
  await writeSplits(folder, dataset.ids);
  return folder;
}

/**
 * A folder that shows the first `count` validation images of `voc:DIR`, so that PyTorch is given them as we are.
 * @throws FcnError for other data sets, or other classes than VOC's.
 */
export async function showVocFolder(folder: string, spec: string, count: number): Promise<string> {
  if (!spec.startsWith('voc:')) throw inputError(`--data: got ${spec}, expected voc:DIR`);
  const directory = spec.slice('voc:'.length);
  const { ids, classes } = await openVoc(directory, 'val');
  if (classes.join() !== vocClasses.join()) {
    throw inputError(`--data: got ${spec} with its own ${classes.length} classes, expected those of VOC`);
  }
  const root = path.resolve(await findVocRoot(directory));
  await makeFolder(folder);
  for (const name of ['JPEGImages', 'SegmentationClass']) {
    await symlink(path.join(root, name), path.join(folder, name), 'junction');
  }
  await writeSplits(folder, ids.slice(0, count));
  return folder;
}

async function writeSplits(folder: string, ids: readonly string[]): Promise<void> {
  const lists = path.join(folder, 'ImageSets', 'Segmentation');
  await makeFolder(lists);
  const text = ids.map((id) => `${id}\n`).join('');
  for (const split of ['train', 'val']) await writeFileAtomic(path.join(lists, `${split}.txt`), [text]);
}
