import path from 'node:path';
import { Command, Option } from 'commander';
import { makeFolder } from '../../base/files.ts';
import { together } from '../../base/mpi/agreement.ts';
import type { Communicator } from '../../base/mpi/communicator.ts';
import { checkClasses } from '../../data/datasets/check-classes.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import { inLabeling } from '../../data/datasets/labelings.ts';
import { openDataset } from '../../data/datasets/open.ts';
import type { InputPreset } from '../../data/input-config.ts';
import { type DeviceName, deviceOf } from '../../engine/devices/native-devices.ts';
import type { Plan } from '../../engine/rewrites/plan.ts';
import { evaluate } from '../../inference/evaluate/evaluate.ts';
import { matchHeads } from '../../inference/evaluate/match-heads.ts';
import { endingOf } from '../../inference/predict/heads.ts';
import { openNetwork } from '../../inference/predict/open-segmenter.ts';
import type { TileSetting } from '../../inference/predict/plan-tiles.ts';
import type { Size } from '../../inference/predict/segmenter.ts';
import { type View, withViews } from '../../inference/predict/test-time-augmentation.ts';
import { remarksOnSize } from '../../inference/predict/trained-size.ts';
import { writePrediction } from '../../inference/predict/write-prediction.ts';
import { classesOfHeads, headsOf } from '../../networks/class-heads.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { unknownClass } from '../../weights/infer-config.ts';
import { isMetrics, isPrediction } from '../earlier-results.ts';
import {
  assumptionsOf,
  dataOption,
  deviceOption,
  forceOption,
  inputOption,
  planOption,
  size,
  threadsOption,
  tileOption,
  tileSettingOf,
  ttaOption,
  weightsOption,
} from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { PerImage, perImageOption, perImageOutput } from '../per-image.ts';
import { jsonOption, printMetrics } from '../print-result.ts';
import { Progress } from '../progress.ts';
import { type MpiArguments, onRanks, withMpiOptions } from '../ranks.ts';
import { Remarks } from '../remarks.ts';
import { checkSameInputs } from '../same-inputs.ts';
import { say } from '../say.ts';
import { textOutput } from '../standard-output.ts';
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
  device: DeviceName;
  plan?: Plan;
  force?: true;
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description("Score a network on a split, at the labels' own sizes")
    .addOption(weightsOption())
    .addOption(inputOption())
    .addOption(dataOption())
    .addOption(new Option('--split <NAME>', 'split to score on').default('val'))
    .option('--resize <HxW>', 'resize images to this size for the network (default: their own size)', size)
    .option(
      '--save-predictions <DIR>',
      'write each prediction as a palette PNG (and ID.HEAD.png for further heads)',
    )
    .addOption(jsonOption())
    .addOption(perImageOption())
    .addOption(tileOption())
    .addOption(ttaOption())
    .addOption(threadsOption())
    .addOption(deviceOption())
    .addOption(planOption('inference'))
    .addOption(forceOption())
    .action((given: EvaluateArguments & MpiArguments) =>
      onRanks(given, (ranks) => runEvaluate(given, ranks?.world)),
    );
  return withMpiOptions(command);
}

async function runEvaluate(given: EvaluateArguments, world: Communicator | undefined): Promise<void> {
  const { weights, data, split, savePredictions, resize, json, tta, threads } = given;
  const isSpeaker = !world || world.rank === 0;
  const perImage = new PerImage(given.perImage);
  const assumptions = isSpeaker ? assumptionsOf(given) : { input: given.input };
  const { plain, opened, tile } = await together(world, async () => {
    const opened = await openDataset(data, split);
    const runtime = await deviceOf(given.device, threads, isSpeaker ? say : undefined);
    const images = Math.ceil(opened.ids.length / (world?.size ?? 1));
    const settings = { threads, assumptions, plan: given.plan, images };
    const plain = await openNetwork(weights, settings, runtime);
    if (isSpeaker) checkKept(given, opened, plain.config);
    return { opened, plain, tile: tileSettingOf(given) };
  });
  const progress = isSpeaker ? new Progress('evaluating', opened.ids.length, 'images') : undefined;
  const remarks = new Remarks((line) => progress?.print(line));
  try {
    const matches = await together(world, async () => {
      const matches = matchHeads(plain.config, opened);
      for (const { labeling, head, classes } of matches) {
        const warnings = [
          ...otherNames(classesOfHeads(plain.config)[head]!, classes),
          ...(await checkClasses(inLabeling(opened, labeling), 'score')),
        ];
        if (isSpeaker) warn(warnings);
      }
      return matches;
    });
    if (world) await checkSameInputs(world, { weights, dataset: opened });
    const metrics = await evaluate({
      segmenter: tta ? withViews(plain, tta) : plain,
      dataset: remarks.of(opened, (image) => (resize ? [] : remarksOnSize(plain.config, image))),
      tile,
      world,
      ...(resize && { size: resize }),
      onScore: perImage.onScore,
      onProgress: (done) => progress?.update(done),
      async onPrediction(id, _, __, ofHeads) {
        if (!savePredictions) return;
        await makeFolder(savePredictions);
        for (const [i, head] of headsOf(plain.config).entries()) {
          await writePrediction(savePredictions, id + endingOf(head, ''), ofHeads[i]!);
        }
      },
    });
    await remarks.tellOfAll(world);
    progress?.end();
    await together(world, async () => (isSpeaker ? printMetrics(metrics, json) : undefined));
    await perImage.finish(matches, textOutput(json, given.perImage), world);
  } finally {
    progress?.end();
    await plain.release();
  }
}

/** Nothing of the data, nor of anybody's other files, may be written over. */
function checkKept(given: EvaluateArguments, dataset: Dataset, config: ModelConfig): void {
  const { weights, data, json, savePredictions, force } = given;
  const endings = headsOf(config).map((head) => endingOf(head, '.png'));
  const predictions =
    savePredictions === undefined ? [] : dataset.ids.flatMap((id) => endings.map((ending) => id + ending));
  checkOutputs(
    [
      { option: '--json', file: json, isEarlier: isMetrics },
      perImageOutput(given.perImage),
      ...predictions.map((name) => ({
        option: '--save-predictions',
        file: path.join(savePredictions!, name),
        isEarlier: isPrediction,
      })),
    ],
    { inputs: { files: [weights], data: { spec: data, splits: [dataset] } }, force },
  );
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
    `${differ.length} of ${ofData.length} classes of the network have different names in the data: ${names}`,
  ];
}
