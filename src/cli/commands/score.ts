import { Command, Option } from 'commander';
import { checkLabelings } from '../../data/datasets/check-classes.ts';
import { labelingsOf } from '../../data/datasets/labelings.ts';
import { openDataset } from '../../data/datasets/open.ts';
import { predictionFiles, scorePredictions } from '../../inference/evaluate/score.ts';
import { isMetrics } from '../earlier-results.ts';
import { dataOption, forceOption } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { PerImage, perImageOption, perImageOutput } from '../per-image.ts';
import { jsonOption, printMetrics } from '../print-result.ts';
import { Progress } from '../progress.ts';
import { textOutput } from '../standard-output.ts';
import { warn } from '../warn.ts';

interface ScoreArguments {
  predictions: string;
  data: string;
  split: string;
  json?: string;
  perImage?: string;
  force?: true;
}

export function scoreCommand(): Command {
  return new Command('score')
    .description('Score predictions in PNG files, made by any tool')
    .requiredOption(
      '--predictions <DIR>',
      'folder with an ID.png for every image of the split (and an ID.HEAD.png for further labelings)',
    )
    .addOption(dataOption())
    .addOption(new Option('--split <NAME>', 'split to score on').default('val'))
    .addOption(jsonOption())
    .addOption(perImageOption())
    .addOption(forceOption())
    .action(async (given: ScoreArguments) => {
      const dataset = await openDataset(given.data, given.split);
      const labelings = labelingsOf(dataset);
      const predictions = predictionFiles(dataset, given.predictions);
      checkOutputs(
        [{ option: '--json', file: given.json, isEarlier: isMetrics }, perImageOutput(given.perImage)],
        { inputs: { files: predictions, data: { spec: given.data, splits: [dataset] } }, force: given.force },
      );
      warn(await checkLabelings(dataset, 'score'));
      const progress = new Progress('scoring', dataset.ids.length, 'images');
      const onProgress = (done: number) => progress.update(done);
      const perImage = new PerImage(given.perImage);
      const { onScore } = perImage;
      const scoring = scorePredictions({ dataset, predictions: given.predictions, onScore, onProgress });
      const metrics = await scoring.finally(() => progress.end());
      await printMetrics(metrics, given.json);
      await perImage.finish(labelings, textOutput(given.json, given.perImage));
    });
}
