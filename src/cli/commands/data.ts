import { Command } from 'commander';
import { inputError } from '../../base/errors.ts';
import { openDataset } from '../../data/datasets/open.ts';
import { layouts, writeDataset } from '../../data/datasets/write-dataset.ts';
import { endingAtSignal } from '../ending-at-signal.ts';
import { forceOption } from '../options.ts';
import { checkNewFolder } from '../outputs.ts';
import { Progress } from '../progress.ts';
import { boundsCommand } from './data-bounds.ts';
import { checkCommand } from './data-check.ts';
import { convertDataCommand } from './data-convert.ts';
import { getCommand } from './data-get.ts';

export function dataCommand(): Command {
  return new Command('data')
    .description('Make, download, check, convert and measure data sets')
    .addCommand(makeCommand())
    .addCommand(getCommand())
    .addCommand(checkCommand())
    .addCommand(boundsCommand())
    .addCommand(convertDataCommand());
}

function makeCommand(): Command {
  return new Command('make')
    .description('Write the generated data set to a folder in VOC layout, for other tools or to look at')
    .argument('<spec>', 'shapes: or shapes:?train=N&val=M&size=S&classes=K&seed=N')
    .requiredOption('--out <DIR>', 'new or empty folder to write to')
    .addOption(forceOption())
    .action((spec, given) => endingAtSignal(() => makeFolderFromShapes(spec, given)));
}

async function makeFolderFromShapes(
  spec: string,
  { out, force }: { out: string; force?: true },
): Promise<void> {
  if (!spec.startsWith('shapes:')) throw inputError(`data make: got ${spec}, expected shapes:`);
  checkNewFolder(out, { force });
  const splits = await Promise.all(['train', 'val'].map((split) => openDataset(spec, split)));
  const progress = new Progress(
    'writing',
    splits.reduce((sum, { ids }) => sum + ids.length, 0),
    'images',
  );
  const onImage = (done: number) => progress.update(done);
  await writeDataset(splits, ['train', 'val'], out, layouts.voc, onImage, force).finally(() =>
    progress.end(),
  );
}
