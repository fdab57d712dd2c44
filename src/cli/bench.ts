import { availableParallelism, cpus } from 'node:os';
import { Command, Option } from 'commander';
import { type Contender, findPyTorch, startOurs, startPyTorch } from '../bench/contender.ts';
import { median } from '../bench/statistics.ts';
import type { Workload } from '../bench/worker.ts';
import { type ModelName, modelNames } from '../config/model-names.ts';
import { writeFileAtomic } from '../files.ts';
import type { Size } from '../predict/segmenter.ts';
import { version } from '../version.ts';
import { decimal, size, threadsOption, wholeNumber } from './options.ts';

interface BenchArguments {
  model: ModelName;
  width: number;
  size: Size;
  rounds: number;
  warmup: number;
  threads: number;
  csv?: string;
}

interface Row {
  workload: Workload;
  name: string;
  times: number[];
  peakRssMb: number;
}

const modes = ['train', 'infer'] as const;

export function benchCommand(): Command {
  return new Command('bench')
    .description(
      'Time a training step and an inference on this machine, beside PyTorch where it is installed',
    )
    .addOption(new Option('--model <NAME>', 'network').choices(modelNames).default('fcn8s'))
    .option(
      '--width <F>',
      'share of the channels of the backbone',
      decimal((x) => x > 0, 'a number above 0'),
      1,
    )
    .option('--size <HxW>', 'image size', size, { height: 224, width: 224 })
    .option('--rounds <N>', 'timed steps of each, in turn', wholeNumber(1), 7)
    .option('--warmup <N>', 'steps before those: the first touch all memory', wholeNumber(0), 3)
    .addOption(threadsOption())
    .option('--csv <FILE>', 'write the figures to a file')
    .action(runBench);
}

async function runBench(given: BenchArguments): Promise<void> {
  const { model, width, rounds, warmup, threads } = given;
  const python = findPyTorch();
  if (!python) {
    process.stderr.write(
      'PyTorch not found: only our own figures (Debian: apt-get install python3-torch; or set FCN_PYTHON)\n',
    );
  }
  const rows: Row[] = [];
  for (const mode of modes) {
    const { height, width: imageWidth } = given.size;
    const workload: Workload = { mode, model, width, classes: 21, height, imageWidth, threads };
    const peers = python
      ? (['default', 'channels last'] as const).map((format) => startPyTorch(python, workload, format))
      : [];
    const contenders = [startOurs(workload), ...peers];
    rows.push(...(await race(workload, contenders, rounds, warmup)));
  }
  process.stdout.write(`${formatTable(rows, given)}\n`);
  if (given.csv) await writeFileAtomic(given.csv, [toCsv(rows)]);
}

/** One step of each in turn, so that what else the machine does meets all of them alike. */
async function race(
  workload: Workload,
  contenders: Contender[],
  rounds: number,
  warmup: number,
): Promise<Row[]> {
  try {
    for (const contender of contenders) await contender.ready();
    const rows = contenders.map(({ name }): Row => ({ workload, name, times: [], peakRssMb: 0 }));
    for (let round = -warmup; round < rounds; round++) {
      for (const [i, contender] of contenders.entries()) {
        const { ms, peakRssMb } = await contender.step();
        const row = rows[i]!;
        if (round >= 0) row.times.push(ms);
        row.peakRssMb = peakRssMb;
        process.stderr.write(
          `${workload.mode} ${contender.name}: ${ms.toFixed(0)} ms${round < 0 ? ' (warm-up)' : ''}\n`,
        );
      }
    }
    return rows;
  } finally {
    await Promise.all(contenders.map((contender) => contender.end()));
  }
}

function formatTable(
  rows: readonly Row[],
  { model, width, size: { height, width: imageWidth }, threads }: BenchArguments,
) {
  const title = `${model}, width ${width}, ${height}x${imageWidth}, batch 1, ${threads} threads, ${cpus()[0]?.model.trim()}`;
  const line = (name: string, cells: string[]) =>
    `${name.padEnd(30)}${cells.map((cell) => cell.padStart(15)).join('')}`;
  const lines = rows.map(({ workload, name, times, peakRssMb }) => {
    const spread = `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)}`;
    const cells = [`${median(times).toFixed(0)} ms`, spread, `${(peakRssMb / 1024).toFixed(2)} GB`];
    return line(`${workload.mode}  ${name}`, cells);
  });
  return [
    title,
    line('', ['median', 'min to max', 'peak memory']),
    ...lines,
    ...modes.flatMap((mode) => ratio(rows, mode)),
  ].join('\n');
}

/** Ours against the faster of the others. */
function ratio(rows: readonly Row[], mode: Workload['mode']): string[] {
  const [ours, ...others] = rows.filter(({ workload }) => workload.mode === mode);
  const [best] = others.sort((a, b) => median(a.times) - median(b.times));
  if (!ours || !best) return [];
  const time = median(ours.times) / median(best.times);
  const memory = ours.peakRssMb / best.peakRssMb;
  return [
    `${mode}: ${time.toFixed(2)} of the time and ${memory.toFixed(2)} of the peak memory of ${best.name}`,
  ];
}

function toCsv(rows: readonly Row[]): string {
  const columns =
    'version,contender,mode,model,width,height,image_width,threads,cores,median_ms,min_ms,max_ms,rounds,peak_rss_mb';
  const lines = rows.map(({ workload: w, name, times, peakRssMb }) =>
    [
      ...[
        version,
        name.replace(',', ''),
        w.mode,
        w.model,
        w.width,
        w.height,
        w.imageWidth,
        w.threads,
        availableParallelism(),
      ],
      ...[median(times), Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed(1)),
      ...[times.length, peakRssMb.toFixed(0)],
    ].join(','),
  );
  return [columns, ...lines, ''].join('\n');
}
