import { Command, Option } from 'commander';
import type { Dataset } from '../../data/datasets/dataset.ts';
import { openDataset, splitsOf } from '../../data/datasets/open.ts';
import { layouts, writeDataset } from '../../data/datasets/write-dataset.ts';
import { dataSpecs, forceOption } from '../options.ts';
import { checkNewFolder } from '../outputs.ts';
import { Progress } from '../progress.ts';

interface ConvertArguments {
  out: string;
  format: keyof typeof layouts;
  force?: true;
}

export function convertDataCommand(): Command {
  return new Command('convert')
    .description('Write a data set of any format as voc: or folder:, with every image, label and split')
    .argument('<spec>', dataSpecs)
    .requiredOption('--out <DIR>', 'folder to write, new or empty')
    .addOption(new Option('--format <FORMAT>', 'layout').choices(Object.keys(layouts)).default('voc'))
    .addOption(forceOption())
    .action(convert);
}

async function convert(data: string, { out, format, force }: ConvertArguments): Promise<void> {
  const names = await splitsOf(data);
  const splits: Dataset[] = [];
  for (const name of names) splits.push(await openDataset(data, name));
  checkNewFolder(out, { inputs: { data: { spec: data, splits } }, force });
  const total = splits.reduce((sum, { ids }) => sum + ids.length, 0);
  const progress = new Progress('writing', total, 'images');
  await writeDataset(splits, names, out, layouts[format], (done) => progress.update(done));
  progress.end();
  process.stdout.write(`${format}:${out}\n`);
}
