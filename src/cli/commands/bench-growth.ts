import { cpus } from 'node:os';
import { inputError } from '../../base/errors.ts';
import { writeOutput } from '../../base/files.ts';
import { version } from '../../base/version.ts';
import type { ModelName } from '../../networks/model-names.ts';
import { findPyTorch } from '../bench/contender.ts';
import { measureGrowth, type Point, sweepNames } from '../bench/growth.ts';
import { growthCsv } from '../bench/growth-csv.ts';
import { growthPlot } from '../bench/growth-plot.ts';
import { median } from '../bench/statistics.ts';
import { duration } from '../progress.ts';
import { textOutput } from '../standard-output.ts';

interface GrowthArguments {
  model: ModelName;
  width: number;
  only?: string[];
  rounds?: number;
  warmup?: number;
  peer: boolean;
  csv?: string;
  plot?: string;
}

/** The names of a list that an option chooses, all by default. @throws FcnError for one that is not in it. */
export function chosenFrom<T extends string>(known: readonly T[], only: readonly string[] | undefined): T[] {
  const unknown = only?.find((name) => !known.some((each) => each === name));
  if (unknown === undefined) return known.filter((name) => !only || only.includes(name));
  throw inputError(`--only: got '${unknown}', expected some of ${known.join(', ')}`);
}

/** `fcn bench --growth`. */
export async function runGrowth({ only, peer, csv, plot, ...given }: GrowthArguments): Promise<void> {
  const sweeps = chosenFrom(sweepNames, only);
  const started = performance.now();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const python = peer ? findPyTorch() : undefined;
  const growth = await measureGrowth({ ...given, python, sweeps, say });
  const title = `fcn ${version}: ${given.model}, width ${given.width}, ${cpus()[0]?.model.trim()}`;
  const took = `took ${duration((performance.now() - started) / 1000)}`;
  textOutput(csv, plot).write(
    `${[title, ...growth.points.map(lineOf), '', ...explanation, took].join('\n')}\n`,
  );
  if (csv) await writeOutput(csv, [growthCsv(growth)]);
  if (plot) await writeOutput(plot, [growthPlot(title, growth)]);
}

function lineOf({ sweep, value, contender, workload, times, ...point }: Point): string {
  const what = workload.mode === 'train' ? 'training step' : 'inference';
  const [gb, rate] = [(point.peakRssMb / 1024).toFixed(2), point.gflopPerSecond.toFixed(0)];
  const cells = [`${median(times).toFixed(0)} ms`, `${gb} GB`, `${rate} GFLOP/s`, point.fraction.toFixed(2)];
  const name = `${sweep} ${value}`.padEnd(16) + what.padEnd(15) + contender.padEnd(24);
  return name + cells.map((cell) => cell.padStart(13)).join('');
}

const explanation = [
  'Medians. The last column is the share of the rate of one large convolution (256 to 256 channels, 3x3, 112x112) on as',
  'many threads. Rates count the full arithmetic of the layers (three forward passes for a training step), whether or not',
  "it is done: most of the papers' padding is known beforehand, and wide 3x3 convolutions need fewer",
  'multiplications, so a share can be above 1.',
];
