import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findImages, withFurther } from '../../../src/inference/predict/find-images.ts';
import { temporaryFolder, writeFiles } from '../../data/helpers.ts';

describe('findImages', () => {
  let folder: string;
  let out: string;
  beforeEach(async () => {
    const temporary = await temporaryFolder();
    [folder, out] = [path.join(temporary, 'photos'), path.join(temporary, 'out')];
    await writeFiles(folder, { 'a/1.png': '', 'b/2.png': '' });
  });

  const idsOf = async (arg: string) => (await findImages(arg, out)).map(({ id }) => id).sort();

  it('finds each image once, whatever folders link to each other, in a folder and by a pattern', async () => {
    await symlink('.', path.join(folder, 'a', 'self'));
    await symlink('../b', path.join(folder, 'a', 'other'));
    await symlink('../a', path.join(folder, 'b', 'other'));
    expect(await idsOf(folder)).toEqual(['a/1', 'b/2']);
    expect(await idsOf(path.join(folder, '**', '*.png'))).toEqual(['1', '2']);
  });

  it('follows links to folders elsewhere', async () => {
    await writeFiles(path.dirname(folder), { 'elsewhere/3.png': '' });
    await symlink('../../elsewhere', path.join(folder, 'a', 'c'));
    expect(await idsOf(folder)).toEqual(['a/1', 'a/c/3', 'b/2']);
  });

  it('finds further channels by the name of the image', async () => {
    await writeFiles(folder, { 'depths/1.png': '' });
    const [image] = await findImages(path.join(folder, 'a'), out);
    const depths = path.join(folder, 'depths');
    expect(await withFurther([image!], [depths])).toEqual([
      { ...image, further: [path.join(depths, '1.png')] },
    ]);
    await expect(withFurther([image!], [out])).rejects.toThrow(`cannot read the image folder ${out}`);
    await expect(withFurther([image!], [path.join(folder, 'b')])).rejects.toThrow(
      /got no file for .*1\.png in .*b, expected a single file called 1, with an extension of \.jpg/,
    );
  });

  it('says that images are left out which lie where results go', async () => {
    await expect(findImages(folder, folder)).rejects.toThrow(
      `images ${folder}: got 2 images in ${folder}, where results are written, and none elsewhere; choose another folder with --out`,
    );
    await writeFiles(folder, { '3.png': '' });
    const [only, ...others] = await findImages(folder, path.join(folder, 'a'));
    expect([only!.id, ...others.map(({ id }) => id)]).toEqual(['3', 'b/2']);
    await expect(findImages(path.join(folder, 'a', '..', 'none'), out)).resolves.toHaveLength(1);
    await writeFiles(path.dirname(folder), { 'empty/notes.txt': '' });
    await expect(findImages(path.join(path.dirname(folder), 'empty'), out)).rejects.toThrow(
      /empty: got a folder without image files, expected \.jpg/,
    );
  });
});
