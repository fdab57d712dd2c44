import { Command, Option } from 'commander';
import { makeFolder } from '../../base/files.ts';
import { together } from '../../base/mpi/agreement.ts';
import type { Communicator } from '../../base/mpi/communicator.ts';
import { checkClasses } from '../../data/datasets/check-classes.ts';
import { openDataset } from '../../data/datasets/open.ts';
import type { InputPreset } from '../../data/input-config.ts';
import { evaluate } from '../../inference/evaluate/evaluate.ts';
import type { TileSetting } from '../../inference/predict/plan-tiles.ts';
import type { Size } from '../../inference/predict/segmenter.ts';
import { withSegmenter } from '../../inference/predict/segmenter.ts';
import { type View, withViews } from '../../inference/predict/test-time-augmentation.ts';
import { writePrediction } from '../../inference/predict/write-prediction.ts';
import { unknownClass } from '../../weights/infer-config.ts';
import { loadModel } from '../../weights/model-file.ts';
import {
  assumptionsOf,
  dataOption,
  inputOption,
  jsonOption,
  size,
  threadsOption,
  tileOption,
  tileSettingOf,
  ttaOption,
  weightsOption,
} from '../options.ts';
import { PerImage, perImageOption } from '../per-image.ts';
import { printMetrics } from '../print-metrics.ts';
import { Progress } from '../progress.ts';
import { type MpiArguments, onRanks, withMpiOptions } from '../ranks.ts';
import { Remarks } from '../remarks.ts';
import { checkSameInputs } from '../same-inputs.ts';
import { warn } from '../warn.ts';

interface EvaluateArguments {
  weights: string;
  input?: InputPreset;
  data: string;
  split: string;
  savePredictions?: string;
  resize?: Size;
  json?: string;
  perImage?: string;
  tile: TileSetting;
  tta?: View[];
  threads: number;
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description("Score a network on a split, at the labels' own sizes")
    .addOption(weightsOption())
    .addOption(inputOption())
    .addOption(dataOption())
    .addOption(new Option('--split <NAME>', 'split to score on').default('val'))
    .option('--resize <HxW>', 'size at which images pass the network (default: their own)', size)
    .option('--save-predictions <DIR>', 'write each prediction as a palette PNG')
    .addOption(jsonOption())
    .addOption(perImageOption())
    .addOption(tileOption())
    .addOption(ttaOption())
    .addOption(threadsOption())
    .action((given: EvaluateArguments & MpiArguments) =>
      onRanks(given, (ranks) => runEvaluate(given, ranks?.world)),
    );
  return withMpiOptions(command);
}

async function runEvaluate(given: EvaluateArguments, world: Communicator | undefined): Promise<void> {
  const { weights, data, split, savePredictions, resize, json, tta, threads } = given;
  const isSpeaker = !world || world.rank === 0;
  const { model, opened, tile } = await together(world, async () => {
    const model = await loadModel(weights, isSpeaker ? assumptionsOf(given) : { input: given.input });
    const opened = await openDataset(data, split);
    const warnings = [
      ...otherNames(model.config.classes, opened.classes),
      ...(await checkClasses(opened, 'score')),
    ];
    if (isSpeaker) warn(warnings);
    return { model, opened, tile: tileSettingOf(given) };
  });
  if (world) await checkSameInputs(world, { weights, dataset: opened });
  const perImage = new PerImage(given.perImage);
  const metrics = await withSegmenter(model, { threads }, async (plain) => {
    const segmenter = tta ? withViews(plain, tta) : plain;
    const progress = isSpeaker ? new Progress('evaluating', opened.ids.length, 'images') : undefined;
    const remarks = new Remarks((line) => progress?.print(line));
    try {
      const found = await evaluate({
        segmenter,
        dataset: remarks.of(opened),
        tile,
        world,
        ...(resize && { size: resize }),
        onScore: perImage.onScore,
        onProgress: (done) => progress?.update(done),
        async onPrediction(id, _, prediction) {
          if (!savePredictions) return;
          await makeFolder(savePredictions);
          await writePrediction(savePredictions, id, prediction);
        },
      });
      await remarks.tellOfAll(world);
      return found;
    } finally {
      progress?.end();
    }
  });
  await together(world, async () => (isSpeaker ? printMetrics(metrics, json) : undefined));
  await perImage.finish(opened.classes, world);
}

/** What to say of a network that calls its classes otherwise than the data; files that name none have `class 0`. */
function otherNames(ofNetwork: readonly string[], ofData: readonly string[]): string[] {
  const differ = ofData.flatMap((name, i) => {
    const own = ofNetwork[i];
    return own === undefined || own === name || own === unknownClass(own, i) ? [] : [`${own} is ${name}`];
  });
  if (differ.length === 0 || ofNetwork.length !== ofData.length) return [];
  const names = differ.slice(0, 5).join(', ') + (differ.length > 5 ? ', ...' : '');
  return [
    `${differ.length} of ${ofData.length} classes of the network have other names in the data: ${names}`,
  ];
}
