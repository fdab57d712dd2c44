/*
 * Compares labels with the masks that labelling tools have published with their annotations, on a folder of such exports:
 *
 *     npm run build && node test/real/annotations.js PATH
 *
 * PATH holds labelme (its repository's examples), coco-panoptic (panopticapi's sample_data), cvat, roboflow, yolov8-seg,
 * supervisely, cityscapes and, beside PATH, hobby/newts. Nothing is downloaded, and nothing of it is in this repository.
 */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDataset, splitsOf } from '../../dist/data/datasets/open.js';
import { readImage } from '../../dist/data/images/decode.js';
import { decodeLabelPng } from '../../dist/data/images/label-png.js';

const [root] = process.argv.slice(2);
if (!root) throw new Error('give the folder of annotations');
let failures = 0;

/** Labels of all splits by id. */
async function labelsOf(spec) {
  const labels = new Map();
  for (const split of await splitsOf(spec)) {
    const dataset = await openDataset(spec, split);
    for (const [index, id] of dataset.ids.entries()) {
      labels.set(id, { ...(await dataset.load(index)).label, classes: dataset.classes });
    }
  }
  return labels;
}

/** @param known pixels that differ for a reason that is known */
function report(what, label, mask, known = 0) {
  let different = label.data.length === mask.data.length ? 0 : Infinity;
  for (let i = 0; i < mask.data.length; i++) if (label.data[i] !== mask.data[i]) different++;
  const fine = different === known;
  if (!fine) failures++;
  console.log(`${fine ? 'ok  ' : 'BAD '} ${what}: ${different} of ${mask.data.length} pixels differ`);
}

const png = async (file) => decodeLabelPng(await readFile(file), file);
const at = (...parts) => path.join(root, ...parts);

/** The same label map with other class numbers. */
function renumbered(label, numbers) {
  return { ...label, data: label.data.map((value) => numbers[value] ?? value) };
}

async function labelme() {
  const semantic = await labelsOf(`labelme:${at('labelme/semantic_segmentation')}`);
  const instance = await labelsOf(`labelme:${at('labelme/instance_segmentation')}`);
  for (const [kind, labels] of Object.entries({ semantic, instance })) {
    for (const [id, label] of labels) {
      const name = `${id.replace('data_annotated_', '')}.png`;
      const folder = `labelme/${kind}_segmentation/data_dataset_voc/SegmentationClass`;
      report(`labelme ${kind} ${name}`, label, await png(at(folder, name)));
    }
  }
  const [tutorial] = (await labelsOf(`labelme:${at('labelme/tutorial')}`)).values();
  // One row of 8 pixels, where a Pillow of 2018 or before filled otherwise than those since.
  report('labelme tutorial label.png', tutorial, await png(at('labelme/tutorial/apc2016_obj3/label.png')), 8);
  const image = (await openDataset(`labelme:${at('labelme/tutorial')}`, 'train')).load(0);
  report(
    'labelme tutorial img.png',
    (await image).image,
    await readImage(at('labelme/tutorial/apc2016_obj3/img.png')),
  );
  await labelsOf(`labelme:${at('labelme/primitives')}`);
}

async function newts() {
  const folder = path.join(root, '..', 'hobby', 'newts');
  if (!existsSync(folder)) return;
  for (const split of await splitsOf(`labelme:${folder}`)) {
    const dataset = await openDataset(`labelme:${folder}`, split);
    for (const [index, id] of dataset.ids.entries()) {
      const { label } = await dataset.load(index);
      const name = id.split('_').slice(-2);
      const mask = path.join(folder, split, 'seg_images', name[0], `${name.join('_')}.png`);
      report(`newts ${split} ${name.join('_')}`, label, await png(mask));
    }
  }
}

/** The category of each pixel, from the two-channel PNGs (red is the category), against the three-channel ones. */
async function panoptic() {
  const sample = at('coco-panoptic/sample_data');
  const { categories } = JSON.parse(await readFile(path.join(sample, 'panoptic_examples.json'), 'utf8'));
  const ids = categories.map(({ id }) => id).sort((a, b) => a - b);
  const labels = await labelsOf(`coco:${path.join(sample, 'panoptic_examples.json')}`);
  const detection = await labelsOf(`coco:${path.join(sample, 'panoptic_coco_detection_format.json')}`);
  for (const [id, label] of labels) {
    const two = await readImage(path.join(sample, 'panoptic_examples_2ch_format', `${id}.png`));
    const mask = {
      data: label.data.map((_, i) => (two.data[3 * i] === 0 ? 255 : ids.indexOf(two.data[3 * i]))),
    };
    report(`COCO panoptic ${id}`, label, mask);
    // Its classes begin with the background, where the panoptic file has void.
    const shifted = { ...label, data: label.data.map((value) => (value === 255 ? 0 : value + 1)) };
    report(`COCO compressed RLE ${id}`, detection.get(id), shifted);
  }
}

/** labelme2coco's polygons, filled as pycocotools does, are within a pixel of labelme's own masks: their outlines alone differ. */
async function labelme2coco() {
  const labels = await labelsOf(
    `coco:${at('labelme/instance_segmentation/data_dataset_coco/annotations.json')}`,
  );
  for (const [id, label] of labels) {
    const name = `${id.replace('JPEGImages_', '')}.png`;
    const mask = await png(at('labelme/instance_segmentation/data_dataset_voc/SegmentationClass', name));
    let equal = 0;
    for (let i = 0; i < mask.data.length; i++) if (label.data[i] === mask.data[i] % 255) equal++;
    console.log(
      `     labelme2coco ${name}: ${((100 * equal) / mask.data.length).toFixed(2)} % of pixels as in labelme's mask`,
    );
  }
}

/** The lists name images that are not there; without them all masks are read. */
async function cvat() {
  const copy = await mkdtemp(path.join(tmpdir(), 'fcn-cvat-'));
  try {
    await cp(at('cvat/segmentation-mask-1.1'), copy, { recursive: true });
    await rm(path.join(copy, 'ImageSets'), { recursive: true });
    for (const [id, label] of await labelsOf(`cvat:${copy}`)) {
      const mask = await readImage(path.join(copy, 'SegmentationClass', `${id}.png`));
      // Two colors occur, background and cheetah, the classes 0 and 1.
      report(`CVAT ${id}`, label, { data: label.data.map((_, i) => (mask.data[3 * i] === 224 ? 1 : 0)) });
    }
  } finally {
    await rm(copy, { recursive: true });
  }
}

async function roboflow() {
  const folder = at('roboflow/room-and-street');
  for (const [id, label] of await labelsOf(`roboflow:${folder}`)) {
    const mask = await png(path.join(folder, 'train', `${id}_mask.png`));
    report(`Roboflow ${id}`, label, mask);
  }
}

async function supervisely() {
  const folder = at('supervisely');
  const colors = JSON.parse(await readFile(path.join(folder, 'obj_class_to_machine_color.json'), 'utf8'));
  for (const [id, label] of await labelsOf(`supervisely:${folder}`)) {
    const numbers = label.classes.map((name) => colors[name]?.[0] ?? 0);
    const mask = await png(path.join(folder, 'ds0/masks_machine', `${id}.png`));
    report(`Supervisely ${id}`, renumbered(label, numbers), mask);
  }
}

async function cityscapes() {
  const copy = await mkdtemp(path.join(tmpdir(), 'fcn-cityscapes-'));
  try {
    await cp(at('cityscapes'), copy, { recursive: true });
    const labels = path.join(copy, 'gtFine/val/frankfurt');
    const trainIds = (await readdir(labels)).find((name) => name.endsWith('labelTrainIds.png'));
    const mask = await png(path.join(labels, trainIds));
    report('Cityscapes labelTrainIds', [...(await labelsOf(`cityscapes:${copy}`)).values()][0], mask);
    await rm(path.join(labels, trainIds));
    // This sample was made smaller after the train ids were made: 77 pixels on borders have another class in each.
    report('Cityscapes labelIds', [...(await labelsOf(`cityscapes:${copy}`)).values()][0], mask, 77);
  } finally {
    await rm(copy, { recursive: true });
  }
}

async function others() {
  for (const spec of [`yolo:${at('yolov8-seg')}`]) {
    for (const [id, { data }] of await labelsOf(spec)) {
      console.log(
        `     ${spec.slice(0, 5)}${id}: ${data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0)} pixels of objects`,
      );
    }
  }
}

for (const check of [labelme, newts, panoptic, labelme2coco, cvat, roboflow, supervisely, cityscapes, others])
  await check();
console.log(failures === 0 ? 'all published masks are met' : `${failures} masks differ`);
process.exitCode = failures === 0 ? 0 : 1;
