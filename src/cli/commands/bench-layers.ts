import { counted } from '../../base/counted.ts';
import { processorName } from '../../base/processor.ts';
import { version } from '../../base/version.ts';
import type { Size } from '../../inference/predict/segmenter.ts';
import type { ModelName } from '../../networks/model-names.ts';
import { type LayerTime, timeLayers } from '../bench/layers.ts';
import { randomModel } from '../bench/random-model.ts';
import { vocSize } from '../bench/scratch.ts';

interface LayersArguments {
  readonly model: ModelName;
  readonly width: number;
  readonly size?: Size;
  readonly threads: number;
  readonly rounds?: number;
}

/** Of PASCAL VOC. */
const classes = 21;

/** Prints what each layer of an inference takes, beside what the machine needs for it at least. */
export async function runLayers({
  model,
  width,
  size = vocSize,
  threads,
  rounds = 5,
}: LayersArguments): Promise<void> {
  const { roofline, layers } = await timeLayers(randomModel(model, width, classes), {
    size,
    threads,
    rounds,
  });
  const total = layers.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const { gigaMultiplications, gigabytes } = roofline;
  process.stdout.write(
    [
      `fcn ${version}: ${model}, width ${width}, ${size.width}x${size.height}, ${counted(threads, 'thread')}, ${processorName()}`,
      `one large convolution: ${gigaMultiplications.toFixed(0)} thousand million multiplications per second; copying: ` +
        `${gigabytes.toFixed(1)} GB/s`,
      '',
      ...table(layers, total),
      '',
      'least time: all multiplications of the layer at the rate of the large convolution, or its bytes at the rate of',
      "copying, whichever takes longer. Winograd's algorithm and the far field of a padded image need fewer, so a layer can be faster.",
      '',
    ].join('\n'),
  );
}

function table(layers: readonly LayerTime[], total: number): string[] {
  const header = ['layer', 'ms', 'share', '10^9 mult.', 'MB', 'least, ms', 'above, ms'];
  const shown = layers.filter(({ milliseconds }) => milliseconds >= total / 1000);
  const line = ({ name, milliseconds, multiplications, bytes, atLeast }: LayerTime) => [
    name,
    milliseconds.toFixed(1),
    `${((100 * milliseconds) / total).toFixed(1)} %`,
    multiplications ? (multiplications / 1e9).toFixed(2) : '',
    bytes ? (bytes / 1e6).toFixed(0) : '',
    atLeast ? atLeast.toFixed(1) : '',
    (milliseconds - atLeast).toFixed(1),
  ];
  const rows = [header, ...shown.map(line), ['total', total.toFixed(1), '', '', '', '', '']];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}
