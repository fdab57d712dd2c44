import { Command } from 'commander';
import { checkClasses } from '../../data/datasets/check-classes.ts';
import { openDataset } from '../../data/datasets/open.ts';
import { resolutionBounds } from '../../inference/evaluate/resolution-bounds.ts';
import { isBounds } from '../earlier-results.ts';
import { aboutOneLabeling } from '../one-labeling.ts';
import { dataSpecs, forceOption } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { jsonOption, printResult } from '../print-result.ts';
import { Progress } from '../progress.ts';
import { warn } from '../warn.ts';

export function boundsCommand(): Command {
  return new Command('bounds')
    .description(
      'Print roughly the best possible mean IoU at coarser resolutions: that of the labels, downsampled and upsampled again',
    )
    .argument('<spec>', dataSpecs)
    .option('--split <NAME>', 'split to measure', 'val')
    .addOption(jsonOption())
    .addOption(forceOption())
    .action(printBounds);
}

interface BoundsArguments {
  split: string;
  json?: string;
  force?: true;
}

async function printBounds(data: string, { split, json, force }: BoundsArguments): Promise<void> {
  const dataset = await openDataset(data, split);
  checkOutputs([{ option: '--json', file: json, isEarlier: isBounds }], {
    inputs: { data: { spec: data, splits: [dataset] } },
    force,
  });
  warn([...(await checkClasses(dataset, 'score')), ...aboutOneLabeling(dataset, 'looked at')]);
  const progress = new Progress('downsampling', dataset.ids.length, 'labels');
  const bounds = await resolutionBounds(dataset, (done) => progress.update(done));
  progress.end();
  const lines = bounds.map(({ factor, meanIoU }) => row(`${factor}`, (meanIoU * 100).toFixed(2)));
  const text = [row('factor', 'mean IoU'), ...lines].join('\n');
  await printResult(text, json, { data, split, images: dataset.ids.length, bounds });
}

function row(factor: string, meanIoU: string): string {
  return `${factor.padEnd(6)} ${meanIoU.padStart(9)}`;
}
