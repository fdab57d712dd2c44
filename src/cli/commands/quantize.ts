import { Command, InvalidArgumentError, Option } from 'commander';
import { writeFileAtomic } from '../../base/files.ts';
import { openDataset } from '../../data/datasets/open.ts';
import type { InputPreset } from '../../data/input-config.ts';
import type { WeightBits } from '../../engine/rewrites/eight-bits/layer-weights.ts';
import { nativeRuntime } from '../../engine/runtimes/native/native-runtime.ts';
import { type Comparison, compare } from '../../inference/quantize/compare.ts';
import { quantize } from '../../inference/quantize/quantize.ts';
import { spacedImages } from '../../inference/quantize/spaced-images.ts';
import { isOnnx } from '../earlier-results.ts';
import { checkOnnxName, describeExport, loadExportable } from '../exportable.ts';
import {
  assumptionsOf,
  dataOption,
  forceOption,
  inputOption,
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
  weightBits: WeightBits;
  compare?: string;
  threads: number;
  force?: true;
}

export function quantizeCommand(): Command {
  return new Command('quantize')
    .description('Write a network as fcn export does, with 8-bit integers: a quarter of the size, faster')
    .addOption(weightsOption())
    .addOption(inputOption())
    .addOption(dataOption())
    .addOption(new Option('--split <NAME>', 'split that ranges of numbers are taken from').default('train'))
    .addOption(
      new Option('--images <N>', 'images of it, evenly spaced').argParser(wholeNumber(1)).default(32),
    )
    .requiredOption('--out <FILE>', 'file to write (.onnx)')
    .option('--scores', 'also give the scores: float32 [1, classes, height, width]')
    .addOption(
      new Option(
        '--weight-bits <N>',
        '7: right on every processor; 8: nearer to float32, for pages and processors with VNNI instructions',
      )
        .argParser(bits)
        .default(7),
    )
    .option('--compare <SPLIT>', 'score the network and the file on a split')
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
  const options = { scores, threads, weightBits: given.weightBits };
  const images = spacedImages(dataset, model.config.input, count, (done) => progress.update(done));
  const parts = await quantize(model, images, nativeRuntime, options).finally(() => progress.end());
  await writeFileAtomic(out, parts);
  const lines = [describeExport(out, model, parts, scores)];
  if (compared) {
    const comparing = new Progress('comparing', compared.ids.length, 'images');
    const onProgress = (done: number) => comparing.update(done);
    const file = Buffer.concat(parts);
    const run = compare(model, file, compared, nativeRuntime, { threads }, onProgress);
    lines.push(...describeComparison(compared.name, await run.finally(() => comparing.end())));
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

function describeComparison(name: string, { float, quantized, agreement }: Comparison): string[] {
  const percent = (fraction: number) => (fraction * 100).toFixed(2).padStart(6);
  return [
    `on ${name}: mean IoU, pixel accuracy`,
    `  32 bits  ${percent(float.meanIoU)}  ${percent(float.pixelAccuracy)}`,
    `   8 bits  ${percent(quantized.meanIoU)}  ${percent(quantized.pixelAccuracy)}`,
    `  same class  ${percent(agreement)} % of the pixels`,
  ];
}
