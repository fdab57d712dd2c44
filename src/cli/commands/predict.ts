import path from 'node:path';
import { Command } from 'commander';
import { type FcnError, inputError } from '../../base/errors.ts';
import type { InputPreset } from '../../data/input-config.ts';
import { withNetworkFrom } from '../../inference/predict/open-segmenter.ts';
import type { TileSetting } from '../../inference/predict/plan-tiles.ts';
import {
  checkResults,
  endingsOf,
  type ImageToSegment,
  type Prediction,
  predictImages,
  resultFile,
} from '../../inference/predict/predict.ts';
import type { Size } from '../../inference/predict/segmenter.ts';
import { type View, withViews } from '../../inference/predict/test-time-augmentation.ts';
import { isLogits, isPrediction, isPredictions } from '../earlier-results.ts';
import { withImages } from '../find-images.ts';
import {
  assumptionsOf,
  forceOption,
  inputOption,
  size,
  threadsOption,
  tileOption,
  tileSettingOf,
  ttaOption,
  weightsOption,
} from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { jsonOption, printResult } from '../print-result.ts';
import { Progress } from '../progress.ts';
import { Remarks } from '../remarks.ts';
import { TileProgress } from '../tile-progress.ts';

interface PredictArguments {
  weights: string;
  input?: InputPreset;
  out: string;
  overlay?: true;
  logits?: true;
  resize?: Size;
  json?: string;
  tile: TileSetting;
  tta?: View[];
  threads: number;
  force?: true;
}

export function predictCommand(): Command {
  return new Command('predict')
    .description('Segment images: DIR/ID.png with the VOC palette, at the size of the image')
    .argument('<image...>', 'image files, folders of images, patterns in quotes, or - for standard input')
    .addOption(weightsOption())
    .addOption(inputOption())
    .requiredOption('--out <DIR>', 'folder for the results')
    .option('--overlay', 'also write ID.overlay.png: the classes over the image, with a legend')
    .option('--logits', 'also write ID.npy: the scores, float32 [classes, height, width]')
    .option('--resize <HxW>', 'size at which images pass the network (default: their own)', size)
    .addOption(jsonOption())
    .addOption(tileOption())
    .addOption(ttaOption())
    .addOption(threadsOption())
    .addOption(forceOption())
    .action((args: string[], given: PredictArguments) =>
      withImages(args, given.out, (images) => predict(images, given)),
    );
}

interface Failure {
  readonly image: ImageToSegment;
  readonly problem: FcnError;
}

/** Segments images; those that cannot be used are told of, and the others done. @throws FcnError if there were any */
async function predict(images: readonly ImageToSegment[], given: PredictArguments): Promise<void> {
  const tile = tileSettingOf(given);
  checkKept(images, given);
  const failures: Failure[] = [];
  const options = { threads: given.threads, assumptions: assumptionsOf(given), mapped: true };
  await withNetworkFrom(given.weights, options, async (plain) => {
    const progress = new Progress('predicting', images.length, 'images');
    const remarks = new Remarks((line) => progress.print(line));
    const { onTile } = new TileProgress();
    const predicting = predictImages({
      ...given,
      ...{ images, tile, onTile, size: given.resize },
      segmenter: given.tta ? withViews(plain, given.tta) : plain,
      onProgress: (done) => progress.update(done),
      onRemarks: (file, found) => remarks.tell(file, found),
      onUnusable: (image, problem) => void failures.push({ image, problem }),
    });
    const predictions = await predicting.finally(() => progress.end());
    const found = predictions.map((prediction) => asJson(prediction, plain.config.classes));
    const failed = failures.map(({ image, problem }) => ({ image: image.file, error: problem.message }));
    if (predictions.length > 0 || images.length > 1)
      await printResult(describe(predictions, given), given.json, { images: found, failed });
  });
  throwFailures(failures, images.length);
}

/** One line for each image that cannot be used, the last of which ends the command. */
function throwFailures(failures: readonly Failure[], of: number): void {
  const [first, ...others] = failures;
  if (!first) return;
  if (others.length === 0) {
    throw of === 1 ? first.problem : inputError(`${first.problem.message}; the other images are segmented`);
  }
  for (const { problem } of failures) console.error(`fcn: ${problem.message}`);
  throw inputError(
    `images: got ${failures.length} of ${of} that cannot be used, named above; the others are segmented`,
  );
}

/** What was written, and where. */
function describe(predictions: readonly Prediction[], { out, overlay, logits }: PredictArguments): string {
  const [first, ...others] = predictions;
  if (!first) return `no predictions in ${out}`;
  if (others.length === 0) return first.prediction;
  const endings = ['ID.png', ...(overlay ? ['ID.overlay.png'] : []), ...(logits ? ['ID.npy'] : [])];
  return `${predictions.length} predictions in ${path.join(out, path.sep)}: ${endings.join(', ')}`;
}

/** An image with the classes that are in it, the largest first. */
function asJson({ file, id, prediction, width, height, pixels }: Prediction, names: readonly string[]) {
  const classes = pixels.map((count, i) => ({
    ...{ class: i, name: names[i]!, pixels: count, share: count / (width * height) },
  }));
  const present = classes.filter((found) => found.pixels > 0).sort((a, b) => b.pixels - a.pixels);
  return { image: file, id, prediction, width, height, classes: present };
}

/** Nothing that is read, nor of anybody's other files, may be written over. */
function checkKept(images: readonly ImageToSegment[], given: PredictArguments): void {
  const { out, weights, json, force } = given;
  checkResults({ ...given, images });
  const results = images.flatMap(({ id }) =>
    endingsOf(given).map((ending) => ({
      option: '--out',
      file: resultFile(out, id, ending),
      isEarlier: ending === '.npy' ? isLogits : isPrediction,
    })),
  );
  const files = [weights, ...images.map(({ file }) => file)];
  checkOutputs([{ option: '--json', file: json, isEarlier: isPredictions }, ...results], {
    inputs: { files },
    force,
  });
}
