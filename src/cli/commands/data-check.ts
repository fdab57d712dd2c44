import { Command } from 'commander';
import { counted } from '../../base/counted.ts';
import { inputError } from '../../base/errors.ts';
import { checkDataset, type DatasetCheck } from '../../data/datasets/check/check-dataset.ts';
import { formatCheck } from '../../data/datasets/check/format.ts';
import { isDataCheck } from '../earlier-results.ts';
import { dataSpecs, forceOption, wholeNumber } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { jsonOption, printResult } from '../print-result.ts';
import { Progress } from '../progress.ts';

interface CheckArguments {
  split?: string[];
  minImages: number;
  json?: string;
  force?: true;
}

export function checkCommand(): Command {
  return new Command('check')
    .description(
      'Check every image and label for sizes, classes, broken files and leaks between splits, and suggest what to do',
    )
    .argument('<spec>', dataSpecs)
    .option('--split <NAME...>', 'splits to check (default: train, val and test, if they exist)')
    .option('--min-images <N>', 'call a class rare if it is in fewer images than this', wholeNumber(0), 30)
    .addOption(jsonOption())
    .addOption(forceOption())
    .action(check);
}

async function check(data: string, { split: splits, minImages, json, force }: CheckArguments): Promise<void> {
  checkOutputs([{ option: '--json', file: json, isEarlier: isDataCheck }], {
    inputs: { data: { spec: data, splits: [] } },
    force,
  });
  let progress: { split: string; bar: Progress } | undefined;
  const onImage = (split: string, done: number, total: number) => {
    if (progress?.split !== split) {
      progress?.bar.end();
      progress = { split, bar: new Progress(`checking ${split}`, total, 'images') };
    }
    progress.bar.update(done);
  };
  const result = await checkDataset(data, { splits, minImages, onImage });
  progress?.bar.end();
  await printResult(formatCheck(result), json, result);
  const errors = countErrors(result);
  if (errors > 0) {
    throw inputError(`data check ${data}: got ${counted(errors, 'error')}, expected usable files`);
  }
}

function countErrors({ splits }: DatasetCheck): number {
  const problems = Object.values(splits).flatMap((split) => split.problems);
  return problems.filter(({ severity }) => severity === 'error').length;
}
