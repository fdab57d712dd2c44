import path from 'node:path';
import { Command } from 'commander';
import { inputError } from '../../base/errors.ts';
import { makeFolder, writeFileAtomic } from '../../base/files.ts';
import { openDataset } from '../../data/datasets/open.ts';
import { encodePng } from '../../data/images/encode.ts';
import { encodeLabelPng } from '../../data/images/label-png.ts';
import { vocPalette } from '../../data/images/palette.ts';
import { Progress } from '../progress.ts';
import { boundsCommand } from './data-bounds.ts';
import { checkCommand } from './data-check.ts';
import { getCommand } from './data-get.ts';

export function dataCommand(): Command {
  return new Command('data')
    .description('Make, download, check and measure data sets')
    .addCommand(makeCommand())
    .addCommand(getCommand())
    .addCommand(checkCommand())
    .addCommand(boundsCommand());
}

function makeCommand(): Command {
  return new Command('make')
    .description('Write the generated data set as a folder in VOC layout, for other tools or to look at')
    .argument('<spec>', 'shapes: or shapes:?train=N&val=M&size=S&classes=K&seed=N')
    .requiredOption('--out <DIR>', 'folder to write')
    .action(makeFolderFromShapes);
}

/** VOC layout, with PNG instead of JPEG images: they stay what they were. */
async function makeFolderFromShapes(spec: string, { out }: { out: string }): Promise<void> {
  if (!spec.startsWith('shapes:')) throw inputError(`data make: got ${spec}, expected shapes:`);
  const splits = await Promise.all(
    ['train', 'val'].map(async (split) => [split, await openDataset(spec, split)] as const),
  );
  const images = path.join(out, 'JPEGImages');
  const labels = path.join(out, 'SegmentationClass');
  const lists = path.join(out, 'ImageSets', 'Segmentation');
  for (const folder of [images, labels, lists]) await makeFolder(folder);
  const palette = vocPalette();
  const total = splits.reduce((sum, [, { ids }]) => sum + ids.length, 0);
  const progress = new Progress('writing', total, 'images');
  let done = 0;
  for (const [split, dataset] of splits) {
    for (const index of dataset.ids.keys()) {
      const { id, image, label } = await dataset.load(index);
      await writeFileAtomic(path.join(images, `${id}.png`), [await encodePng(image)]);
      await writeFileAtomic(path.join(labels, `${id}.png`), [encodeLabelPng(label, palette)]);
      progress.update(++done);
    }
    await writeFileAtomic(path.join(lists, `${split}.txt`), [dataset.ids.map((id) => `${id}\n`).join('')]);
  }
  await writeFileAtomic(path.join(out, 'classes.txt'), [
    splits[0]![1].classes.map((name) => `${name}\n`).join(''),
  ]);
  progress.end();
}
