import { readdir } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { inputError } from '../../base/errors.ts';
import { causeOf } from '../../base/files.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import { openDataset, splitsOf } from '../../data/datasets/open.ts';
import { layouts, writeDataset } from '../../data/datasets/write-dataset.ts';
import { dataSpecs } from '../options.ts';
import { Progress } from '../progress.ts';

interface ConvertArguments {
  out: string;
  format: keyof typeof layouts;
}

export function convertDataCommand(): Command {
  return new Command('convert')
    .description('Write a data set of any format as voc: or folder:, with every image, label and split')
    .argument('<spec>', dataSpecs)
    .requiredOption('--out <DIR>', 'folder to write, new or empty')
    .addOption(new Option('--format <FORMAT>', 'layout').choices(Object.keys(layouts)).default('voc'))
    .action(convert);
}

async function convert(data: string, { out, format }: ConvertArguments): Promise<void> {
  await refuseFull(out);
  const names = await splitsOf(data);
  const splits: Dataset[] = [];
  for (const name of names) splits.push(await openDataset(data, name));
  const total = splits.reduce((sum, { ids }) => sum + ids.length, 0);
  const progress = new Progress('writing', total, 'images');
  await writeDataset(splits, names, out, layouts[format], (done) => progress.update(done));
  progress.end();
  process.stdout.write(`${format}:${out}\n`);
}

async function refuseFull(folder: string): Promise<void> {
  const names = await readdir(folder).catch((thrown) => {
    if (thrown.code === 'ENOENT') return [];
    throw inputError(`data convert: cannot write to ${folder}: ${causeOf(thrown)}`, thrown);
  });
  if (names.length === 0) return;
  throw inputError(`data convert: got the folder ${folder}, which is not empty, expected a new one`);
}
