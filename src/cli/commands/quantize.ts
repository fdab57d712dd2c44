import { Command, InvalidArgumentError, Option } from 'commander';
import { writeOutput } from '../../base/files.ts';
import { openDataset } from '../../data/datasets/open.ts';
import type { InputPreset } from '../../data/input-config.ts';
import type { WeightBits } from '../../engine/rewrites/eight-bits/layer-weights.ts';
import { nativeRuntime } from '../../engine/runtimes/native/native-runtime.ts';
import { exactWeightBits } from '../../inference/exact-bits.ts';
import type { Metrics } from '../../inference/metrics/metrics.ts';
import type { Trial } from '../../inference/quantize/choose.ts';
import { type Comparison, compare } from '../../inference/quantize/compare.ts';
import { type Quantization, quantize } from '../../inference/quantize/quantize.ts';
import { type Calibration, calibrations } from '../../inference/quantize/ranges.ts';
import { spacedImages } from '../../inference/quantize/spaced-images.ts';
import { isOnnx } from '../earlier-results.ts';
import { checkOnnxName, describeExport, loadExportable } from '../exportable.ts';
import {
  assumptionsOf,
  dataOption,
  forceOption,
  inputOption,
  names,
  threadsOption,
  weightsOption,
  wholeNumber,
} from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { Progress } from '../progress.ts';
import { Remarks } from '../remarks.ts';

interface QuantizeArguments {
  weights: string;
  input?: InputPreset;
  data: string;
  split: string;
  images: number;
  out: string;
  scores?: boolean;
  weightBits?: WeightBits;
  calibration?: Calibration;
  floatLayers?: string[];
  compare?: string;
  threads: number;
  force?: true;
}

export function quantizeCommand(): Command {
  return new Command('quantize')
    .description('Export a network that computes with 8-bit integers: faster, and a quarter of the size')
    .addOption(weightsOption())
    .addOption(inputOption())
    .addOption(dataOption())
    .addOption(new Option('--split <NAME>', 'split to calibrate on').default('train'))
    .addOption(
      new Option('--images <N>', 'number of images to calibrate on, evenly spaced')
        .argParser(wholeNumber(1))
        .default(32),
    )
    .requiredOption('--out <FILE>', 'file to write (.onnx)')
    .option('--scores', 'also output the scores: float32 [1, classes, height, width]')
    .addOption(
      new Option(
        '--weight-bits <N>',
        '8: closer to float32, and exact in pages and on processors with VNNI or Arm instructions; 7: exact on every ' +
          'processor (default: 8 if it is exact on this processor)',
      ).argParser(bits),
    )
    .addOption(
      new Option(
        '--calibration <NAME>',
        'how to choose the ranges of numbers (default: the way that changes the fewest classes)',
      ).choices(calibrations),
    )
    .addOption(
      new Option(
        '--float-layers <NAMES>',
        'layers of the backbone to keep in float32, or none (default: those that would change many classes)',
      ).argParser(names),
    )
    .option('--compare <SPLIT>', 'score the network and the file on this split')
    .addOption(threadsOption())
    .addOption(forceOption())
    .action(runQuantize);
}

function bits(text: string): WeightBits {
  if (text === '7' || text === '8') return text === '7' ? 7 : 8;
  throw new InvalidArgumentError('expected 7 or 8');
}

async function runQuantize(given: QuantizeArguments): Promise<void> {
  const { weights, data, split, out, scores = false, threads } = given;
  checkOnnxName(out);
  const remarks = new Remarks();
  const dataset = remarks.of(await openDataset(data, split));
  const compared =
    given.compare === undefined ? undefined : remarks.of(await openDataset(data, given.compare));
  checkOutputs([{ option: '--out', file: out, isEarlier: isOnnx }], {
    inputs: { files: [weights], data: { spec: data, splits: compared ? [dataset, compared] : [dataset] } },
    force: given.force,
  });
  const model = await loadExportable(weights, assumptionsOf(given));
  const count = Math.min(given.images, dataset.ids.length);
  const progress = new Progress('calibrating', count, 'images');
  const images = spacedImages(dataset, model.config.input, count, (done) => progress.update(done));
  const trying = new Progress('choosing', Number.POSITIVE_INFINITY, 'ways tried');
  const onTrial = (tried: number) => trying.update(tried);
  const { weightBits, calibration, floatLayers } = given;
  const options = { scores, threads, weightBits, calibration, floatLayers, onTrial };
  const quantized = await quantize(model, images, nativeRuntime, options).finally(() => {
    progress.end();
    trying.end();
  });
  const { parts } = quantized;
  await writeOutput(out, parts);
  const lines = [describeExport(out, model, parts, scores), ...describeQuantization(quantized)];
  if (compared) {
    const comparing = new Progress('comparing', compared.ids.length, 'images');
    const onProgress = (done: number) => comparing.update(done);
    const file = Buffer.concat(parts);
    const run = compare(model, file, compared, nativeRuntime, { threads }, onProgress);
    lines.push(...describeComparison(compared.name, await run.finally(() => comparing.end())));
  }
  if ((await exactWeightBits(nativeRuntime)) === 7) lines.push(...slowHere);
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Measured: see docs/performance.md. */
const slowHere = [
  'this processor has no instructions for products of 8-bit integers (VNNI): the file takes about as long as float32 here, or longer;',
  'on processors that have them, it takes about a third',
];

/** What was chosen, and what was tried for it: of the layers those that would give pixels their class back. */
function describeQuantization({ weightBits, choice, trials }: Quantization): string[] {
  const { calibration, floatLayers } = choice;
  const stays = floatLayers.length > 0 ? `, ${floatLayers.join(', ')} in float32` : '';
  const percent = (fraction: number) => `${(fraction * 100).toFixed(2).padStart(6)} %`;
  const fewest = Math.min(...trials.map((trial) => trial.floatLayers.length));
  const isBasic = (trial: Trial) => trial.floatLayers.length === fewest;
  const least = Math.min(...trials.filter(isBasic).map(({ changed }) => changed));
  const shown = trials.filter((trial) => isBasic(trial) || trial.changed < least);
  const hidden = trials.length - shown.length;
  return [
    `weights of ${weightBits} bits, ranges by ${calibration}${stays}`,
    ...(trials.length > 0 ? ['pixels that get another class than in float32, on some of the images:'] : []),
    ...shown.map((trial) => {
      const layers = trial.floatLayers.map((layer) => `, ${layer} in float32`).join('');
      return `  ${percent(trial.changed)}  ${trial.calibration}${layers}`;
    }),
    ...(hidden > 0 ? [`  and ${hidden} other ways to leave layers in float32, which change no fewer`] : []),
  ];
}

function describeComparison(name: string, { float, quantized, agreement }: Comparison): string[] {
  const percent = (fraction: number) => (fraction * 100).toFixed(2).padStart(6);
  const scores = (one: Metrics, other: Metrics, head?: string) => [
    `on ${name}${head ? ` (${head})` : ''}: mean IoU, pixel accuracy`,
    `  32 bits  ${percent(one.meanIoU)}  ${percent(one.pixelAccuracy)}`,
    `   8 bits  ${percent(other.meanIoU)}  ${percent(other.pixelAccuracy)}`,
  ];
  const ofHeads = Object.entries(float.heads ?? {});
  return [
    ...(ofHeads.length > 0
      ? ofHeads.flatMap(([head, metrics]) => scores(metrics, quantized.heads![head]!, head))
      : scores(float, quantized)),
    `  same class  ${percent(agreement)} % of the pixels${ofHeads.length > 0 ? ', by every head' : ''}`,
  ];
}
