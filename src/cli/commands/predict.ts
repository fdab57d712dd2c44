import path from 'node:path';
import { Command } from 'commander';
import { inputError } from '../../base/errors.ts';
import { exchange, shareError, together } from '../../base/mpi/agreement.ts';
import type { Communicator } from '../../base/mpi/communicator.ts';
import type { InputPreset } from '../../data/input-config.ts';
import { type DeviceName, deviceOf } from '../../engine/devices/native-devices.ts';
import type { Plan } from '../../engine/rewrites/plan.ts';
import { withFurther } from '../../inference/predict/find-images.ts';
import { openNetwork } from '../../inference/predict/open-segmenter.ts';
import type { TileSetting } from '../../inference/predict/plan-tiles.ts';
import { type Prediction, predictImages } from '../../inference/predict/predict.ts';
import {
  checkResults,
  endingsOf,
  type ImageToSegment,
  nameOf,
  resultFile,
} from '../../inference/predict/results.ts';
import type { Size } from '../../inference/predict/segmenter.ts';
import { type View, withViews } from '../../inference/predict/test-time-augmentation.ts';
import { classesOfHeads } from '../../networks/class-heads.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { builtinWeights } from '../../weights/builtin.ts';
import { isLogits, isPrediction, isPredictions } from '../earlier-results.ts';
import { errorOfFailed, type FailedImage, sayEach } from '../failed-images.ts';
import {
  assumptionsOf,
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
import { jsonOption, printResult } from '../print-result.ts';
import { Progress } from '../progress.ts';
import { type MpiArguments, onRanks, withMpiOptions } from '../ranks.ts';
import { Remarks } from '../remarks.ts';
import { checkSameInputs } from '../same-inputs.ts';
import { say } from '../say.ts';
import { TileProgress } from '../tile-progress.ts';
import { withImages } from '../with-images.ts';

interface PredictArguments {
  with?: string[];
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
  device: DeviceName;
  plan?: Plan;
  force?: true;
}

export function predictCommand(): Command {
  const command = new Command('predict')
    .description(
      'Segment images: writes DIR/ID.png for each, with the VOC palette, at the size of the image (and ID.HEAD.png for further heads)',
    )
    .argument('<image...>', 'image files, folders of images, patterns in quotes, or - for standard input')
    .addOption(
      weightsOption()
        .makeOptionMandatory(false)
        .default(builtinWeights(), 'builtin, which finds the 20 kinds of objects of PASCAL VOC'),
    )
    .addOption(inputOption())
    .option('--out <DIR>', 'folder for the results', 'predictions')
    .option('--overlay', 'also write ID.overlay.png: the classes over the image, with a legend')
    .option('--logits', 'also write ID.npy: the scores, float32 [classes, height, width]')
    .option(
      '--with <DIR>',
      'folder with further channels of each image, such as depths, in a file of the same name; may be repeated, in the order of the channels',
      (folder: string, before: string[] = []) => [...before, folder],
    )
    .option('--resize <HxW>', 'resize images to this size for the network (default: their own size)', size)
    .addOption(jsonOption())
    .addOption(tileOption())
    .addOption(ttaOption())
    .addOption(threadsOption())
    .addOption(deviceOption())
    .addOption(planOption('inference'))
    .addOption(forceOption())
    .action((args: string[], given: PredictArguments & MpiArguments) =>
      onRanks(given, async (ranks) => {
        if (ranks && args.includes('-')) {
          throw inputError('images: got - with several processes, expected files that all of them can read');
        }
        await withImages(args, given.out, async (images) =>
          predict(given.with ? await withFurther(images, given.with) : images, given, ranks?.world),
        );
      }),
    );
  return withMpiOptions(command);
}

/** Segments images; those that cannot be used are told of, and the others done. @throws FcnError if there were any */
async function predict(
  images: readonly ImageToSegment[],
  given: PredictArguments,
  world: Communicator | undefined,
): Promise<void> {
  const { threads, weights } = given;
  const isSpeaker = !world || world.rank === 0;
  const assumptions = isSpeaker ? assumptionsOf(given) : { input: given.input };
  const { plain, tile } = await together(world, async () => {
    const runtime = await deviceOf(given.device, threads, isSpeaker ? say : undefined);
    const ownImages = Math.ceil(images.length / (world?.size ?? 1));
    const settings = { threads, assumptions, mapped: true, plan: given.plan, images: ownImages };
    const plain = await openNetwork(weights, settings, runtime);
    if (isSpeaker) checkKept(images, given, plain.config);
    return { tile: tileSettingOf(given), plain };
  });
  const progress = isSpeaker ? new Progress('predicting', images.length, 'images') : undefined;
  const remarks = new Remarks((line) => progress?.print(line));
  const onTile = isSpeaker ? new TileProgress().onTile : undefined;
  const failed: FailedImage[] = [];
  try {
    if (world) await checkSameInputs(world, { weights, images: images.map(({ file }) => file) });
    const predictions = await predictImages({
      ...given,
      ...{ images, tile, world, size: given.resize, ...(onTile && { onTile }) },
      segmenter: given.tta ? withViews(plain, given.tta) : plain,
      onProgress: (done) => progress?.update(done),
      onRemarks: (file, found) => remarks.tell(file, found),
      onUnusable: (image, { message }) => void failed.push({ image: nameOf(image), error: message }),
    });
    await remarks.tellOfAll(world);
    progress?.end();
    await finish(images, { predictions, failed }, given, plain.config, world);
  } finally {
    progress?.end();
    await plain.release();
  }
}

interface Outcome {
  readonly predictions: readonly Prediction[];
  readonly failed: readonly FailedImage[];
}

/** Says what was written, of all processes together. @throws FcnError (of all) where images could not be used */
async function finish(
  images: readonly ImageToSegment[],
  own: Outcome,
  given: PredictArguments,
  config: ModelConfig,
  world: Communicator | undefined,
): Promise<void> {
  const shares = world ? await exchange(world, own) : [own];
  const place = new Map(images.map((image, i) => [nameOf(image), i]));
  const predictions = shares.flatMap((share) => share.predictions);
  predictions.sort((a, b) => place.get(nameOf(a))! - place.get(nameOf(b))!);
  const failed = shares.flatMap((share) => share.failed);
  failed.sort((a, b) => place.get(a.image)! - place.get(b.image)!);
  const isSpeaker = !world || world.rank === 0;
  await together(world, async () => {
    if (!isSpeaker || (predictions.length === 0 && images.length === 1)) return;
    const found = predictions.map((prediction) => asJson(prediction, config));
    await printResult(describe(predictions, given, config), given.json, { images: found, failed });
  });
  const error = errorOfFailed(failed, images.length, 'segmented');
  if (!error) return;
  if (isSpeaker) sayEach(failed);
  throw shareError(error);
}

/** What was written, and where. */
function describe(predictions: readonly Prediction[], given: PredictArguments, config: ModelConfig): string {
  const [first, ...others] = predictions;
  if (!first) return `no predictions in ${given.out}`;
  if (others.length === 0) {
    const ofHeads = Object.values(first.heads ?? { first }).map(({ prediction }) => prediction);
    return ofHeads.join('\n');
  }
  const names = endingsOf(given, config).map((ending) => `ID${ending}`);
  return `${predictions.length} predictions in ${path.join(given.out, path.sep)}: ${names.join(', ')}`;
}

/** An image with the classes that are in it, the largest first. */
function asJson(found: Prediction, config: ModelConfig) {
  const { id, prediction, width, height, pixels, heads } = found;
  const classesIn = (counts: readonly number[], names: readonly string[]) => {
    const classes = counts.map((count, i) => ({
      ...{ class: i, name: names[i]!, pixels: count, share: count / (width * height) },
    }));
    return classes.filter((one) => one.pixels > 0).sort((a, b) => b.pixels - a.pixels);
  };
  const names = classesOfHeads(config);
  const ofHeads = Object.entries(heads ?? {}).map(([name, own], i) => [
    name,
    { prediction: own.prediction, classes: classesIn(own.pixels, names[i]!) },
  ]);
  const several = heads && { heads: Object.fromEntries(ofHeads) };
  return {
    ...{ image: nameOf(found), id, prediction, width, height, classes: classesIn(pixels, names[0]!) },
    ...several,
  };
}

/** Nothing that is read, nor of anybody's other files, may be written over. */
function checkKept(images: readonly ImageToSegment[], given: PredictArguments, config: ModelConfig): void {
  const { out, weights, json, force } = given;
  checkResults({ ...given, images, config });
  const results = images.flatMap(({ id }) =>
    endingsOf(given, config).map((ending) => ({
      option: '--out',
      file: resultFile(out, id, ending),
      isEarlier: ending.endsWith('.npy') ? isLogits : isPrediction,
    })),
  );
  const files = [weights, ...images.flatMap(({ file, further = [] }) => [file, ...further])];
  checkOutputs([{ option: '--json', file: json, isEarlier: isPredictions }, ...results], {
    inputs: { files },
    force,
  });
}
