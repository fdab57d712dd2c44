import { symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../../src/data/datasets/open.ts';
import { recognize } from '../../../src/data/datasets/recognize.ts';
import { folderOf, gray, jpeg } from './formats/annotated.ts';

const photo = await jpeg(2, 3);
const mask = gray(['010', '000']);

describe('a folder that is no data set', () => {
  it.each([
    ['an archive', { 'export.zip': 'PK' }, /got a folder with the archive export\.zip, .*unpack it/],
    ["CVAT's XML", { 'annotations.xml': '<annotations>', 'images/a.jpg': photo }, /got CVAT's XML .*'Segmentation mask 1\.1'/],
    ["YOLO's labels", { 'images/train/a.jpg': photo, 'labels/train/a.txt': '' }, /got YOLO labels without their data\.yaml/],
    ['boxes in XML', { 'a.jpg': photo, 'a.xml': '<annotation>' }, /got XML files, as tools write them for boxes/],
    ['images alone', { 'a.jpg': photo }, /got images without masks or annotations/],
    ['a folder of images alone', { 'images/a.jpg': photo }, /got images without masks or annotations/],
    ["VGG Image Annotator's JSON", { 'a.jpg': photo, 'via.json': { a: { regions: [{ shape_attributes: {} }] } } }, /got the project of VGG Image Annotator \(via\.json\)/],
    ['masks of another kind', { 'images/a.jpg': photo, 'masks/a.npy': '' }, /got no masks in masks, but 1 \.npy file, which cannot be read; save them as PNG/],
    ['nothing', { '.hidden': '' }, /got an empty folder/],
  ])('with %s is told what to do', async (_, files, message) => {
    await expect(recognize(await folderOf(files))).rejects.toThrow(message);
  }); // biome-ignore format: a case a line

  it('with links to nothing and to itself is told so as well', async () => {
    const folder = await folderOf({ 'a.jpg': photo, 'labels/a.json': '{}' });
    await symlink('nothing', `${folder}/b.jpg`);
    await symlink('nothing', `${folder}/labels/b`);
    await symlink('.', `${folder}/self`);
    await expect(recognize(folder)).rejects.toThrow(/got images without masks or annotations/);
  });

  it('but one of its folders is told which it is', async () => {
    const folder = await folderOf({ 'images/a.jpg': photo, 'masks/a.png': mask, 'classes.txt': 'x\ny' });
    for (const part of ['images', 'masks']) {
      await expect(recognize(`${folder}/${part}`)).rejects.toThrow(`name ${folder}`);
      await expect(openDataset(`folder:${folder}/${part}`, 'train')).rejects.toThrow(`name folder:${folder}`);
    }
  });
});

describe('an archive in place of a folder', () => {
  it.each([
    ['ZIP', Buffer.from('PK\x03\x04')],
    ['gzip', Buffer.of(0x1f, 0x8b, 8, 0)],
    ['7z', Buffer.of(0x37, 0x7a, 0xbc, 0xaf)],
  ])('is to be unpacked: %s', async (kind, bytes) => {
    const file = `${await folderOf({ 'set.zip': bytes })}/set.zip`;
    const message = new RegExp(`got a ${kind} archive, expected the folder inside; unpack it`);
    await expect(recognize(file)).rejects.toThrow(message);
    for (const scheme of ['folder', 'coco', 'labelme']) {
      await expect(openDataset(`${scheme}:${file}`, 'train')).rejects.toThrow(message);
    }
  });
});
