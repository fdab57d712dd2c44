import { Command, Option } from 'commander';
import type { Dataset } from '../../data/datasets/dataset.ts';
import { type Hideable, hideable, hidingParts } from '../../data/datasets/hidden-parts.ts';
import { openDataset, splitsOf } from '../../data/datasets/open.ts';
import { layouts, writeDataset } from '../../data/datasets/write-dataset.ts';
import { endingAtSignal } from '../ending-at-signal.ts';
import { aboutOneLabeling } from '../one-labeling.ts';
import { dataSpecs, forceOption } from '../options.ts';
import { checkNewFolder } from '../outputs.ts';
import { Progress } from '../progress.ts';
import { warn } from '../warn.ts';

interface ConvertArguments {
  out: string;
  format: keyof typeof layouts;
  hide?: Hideable;
  force?: true;
}

export function convertDataCommand(): Command {
  return new Command('convert')
    .description('Write a data set in any format as voc: or folder:, with all images, labels and splits')
    .argument('<spec>', dataSpecs)
    .requiredOption('--out <DIR>', 'new or empty folder to write to')
    .addOption(new Option('--format <FORMAT>', 'layout').choices(Object.keys(layouts)).default('voc'))
    .addOption(
      new Option(
        '--hide <PART>',
        'paint a part of each image in the mean color: all classes but the first, the first class, or everything but the shapes',
      ).choices([...hideable]),
    )
    .addOption(forceOption())
    .action((data, given) => endingAtSignal(() => convert(data, given)));
}

async function convert(data: string, { out, format, hide, force }: ConvertArguments): Promise<void> {
  const names = await splitsOf(data);
  const splits: Dataset[] = [];
  for (const name of names) splits.push(await openDataset(data, name));
  warn(aboutOneLabeling(splits[0], 'written'));
  checkNewFolder(out, { inputs: { data: { spec: data, splits } }, force });
  const total = splits.reduce((sum, { ids }) => sum + ids.length, 0);
  const progress = new Progress('writing', total, 'images');
  const written = hide ? splits.map((split) => hidingParts(split, hide)) : splits;
  const onImage = (done: number) => progress.update(done);
  await writeDataset(written, names, out, layouts[format], onImage, force).finally(() => progress.end());
  process.stdout.write(`${format}:${out}\n`);
}
