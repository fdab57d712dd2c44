import { Command, Option } from 'commander';
import { checkClasses } from '../../data/datasets/check-classes.ts';
import { openDataset } from '../../data/datasets/open.ts';
import { scorePredictions } from '../../inference/evaluate/score.ts';
import { dataOption } from '../options.ts';
import { PerImage, perImageOption } from '../per-image.ts';
import { isJsonOutput, jsonOption, printMetrics } from '../print-result.ts';
import { Progress } from '../progress.ts';
import { warn } from '../warn.ts';

interface ScoreArguments {
  predictions: string;
  data: string;
  split: string;
  json?: string;
  perImage?: string;
}

export function scoreCommand(): Command {
  return new Command('score')
    .description('Score predictions that are PNG files, whoever made them')
    .requiredOption('--predictions <DIR>', 'folder with ID.png for every image of the split')
    .addOption(dataOption())
    .addOption(new Option('--split <NAME>', 'split to score on').default('val'))
    .addOption(jsonOption())
    .addOption(perImageOption())
    .action(async (given: ScoreArguments) => {
      const dataset = await openDataset(given.data, given.split);
      warn(await checkClasses(dataset, 'score'));
      const progress = new Progress('scoring', dataset.ids.length, 'images');
      const onProgress = (done: number) => progress.update(done);
      const perImage = new PerImage(given.perImage);
      const { onScore } = perImage;
      const scoring = scorePredictions({ dataset, predictions: given.predictions, onScore, onProgress });
      const metrics = await scoring.finally(() => progress.end());
      await printMetrics(metrics, given.json);
      await perImage.finish(dataset.classes, { shown: !isJsonOutput(given.json) });
    });
}
