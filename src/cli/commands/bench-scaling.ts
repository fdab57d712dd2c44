import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { failure, inputError } from '../../base/errors.ts';
import { writeOutput } from '../../base/files.ts';
import type { Communicator } from '../../base/mpi/communicator.ts';
import { findLauncher, threadsOf } from '../../base/mpi/launcher.ts';
import { version } from '../../base/version.ts';
import type { Line } from '../bench/line-charts.ts';
import { renderCharts } from '../bench/line-charts.ts';
import { measureScaling, type Scaling, type ScalingOptions } from '../bench/scaling.ts';
import { efficiency, ethernet, type StepCost, sumSeconds } from '../bench/scaling-model.ts';
import type { MpiArguments } from '../ranks.ts';
import { onRanks } from '../ranks.ts';

type ScalingArguments = Partial<ScalingOptions> &
  Pick<ScalingOptions, 'model' | 'width'> &
  MpiArguments & { readonly plot?: string };

const usual = { size: { height: 224, width: 224 }, rounds: 5 };

/** `fcn bench --scaling`: below a launcher on its ranks, else on two that it starts itself. */
export async function runScaling(given: ScalingArguments): Promise<void> {
  if (!findLauncher()) return onTwoRanks();
  await onRanks(given, async (ranks) => {
    if (!ranks) throw inputError('--mpi: got none with --scaling, expected a library');
    const { world } = ranks;
    const threads = given.threads ?? threadsOf(findLauncher()!);
    const options = { ...usual, ...given, threads };
    const scaling = await measureScaling(world, options);
    if (world.rank > 0) return;
    process.stdout.write(`${report(world, options, scaling).join('\n')}\n`);
    if (given.plot) await writeOutput(given.plot, [plotOf(options, costOf(scaling))]);
  });
}

/** The same command with two ranks, by the launcher of this machine. */
async function onTwoRanks(): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const asRoot = isRoot ? { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' } : {};
  const child = spawn('mpirun', ['-n', '2', process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, ...asRoot },
  });
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', () =>
      reject(
        failure(
          'mpirun: got none in PATH, expected the launcher of Open MPI or MPICH; install openmpi-bin or mpich',
        ),
      ),
    );
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** With the numbers of one rank alone, and the scatter that was seen. */
function costOf({ alone, jitter, bytes }: Scaling): StepCost {
  return { gradients: alone.gradients, update: alone.update, bytes, jitter };
}

const nodes = [8, 64, 512];
const gigabits = [10, 25, 100];

function report(world: Communicator, options: ScalingOptions, scaling: Scaling): string[] {
  const { model, width, size, threads, rounds } = options;
  const { alone, together, bytes, latency, jitter } = scaling;
  const ranks = world.size;
  const ms = (seconds: number) => `${(1000 * seconds).toFixed(1)} ms`;
  const share = (value: number) => value.toFixed(2);
  const moved = (2 * (ranks - 1) * bytes) / ranks;
  const rate = moved / Math.max(together.summing - latency, 1e-9);
  const predicted =
    alone.gradients + sumSeconds({ latency, bytesPerSecond: rate }, bytes, ranks) + alone.update;
  const cost = costOf(scaling);
  return [
    `fcn ${version}: ${model}, width ${width}, ${size.height}x${size.width}, ${ranks} ranks of ${threads} ` +
      `${threads === 1 ? 'thread' : 'threads'}, ${cpus()[0]?.model.trim()}; medians of ${rounds} rounds`,
    `weak    one batch on each: ${ms(together.step)}, on one rank alone ${ms(alone.step)}: efficiency ${share(alone.step / together.step)}`,
    `strong  ${ranks} batches: ${ms(together.step)}, on one rank alone ${ms(alone.large)}: ${share(alone.large / together.step)} times as fast`,
    `step    gradients ${ms(together.gradients)} (alone ${ms(alone.gradients)}), waiting for slower ranks ` +
      `${ms(together.waiting)}, summing ${ms(together.summing)}, update ${ms(alone.update)}`,
    `moved   ${(moved / 1e6).toFixed(1)} MB from and to each rank (gradients of ${(bytes / 1e6).toFixed(1)} MB), ` +
      `${(rate / 1e9).toFixed(2)} GB/s; a sum of a few bytes takes ${(1e6 * latency).toFixed(0)} us`,
    `model   ${ms(predicted)} without waiting; gradients scatter by ${(100 * jitter).toFixed(0)} %`,
    '',
    'Efficiency that the model predicts for nodes like this one (docs/scaling.md), with 1 and 8 batches per update:',
    ['nodes'.padEnd(8), ...gigabits.map((g) => `${g} Gbit/s`.padStart(16))].join(''),
    ...nodes.map((count) => {
      const cells = gigabits.map((g) => {
        const [few, many] = [1, 8].map((accumulate) =>
          share(efficiency(cost, ethernet(g), count, accumulate)),
        );
        return `${few}  ${many}`.padStart(16);
      });
      return [String(count).padEnd(8), ...cells].join('');
    }),
  ];
}

const colors = ['#c0392b', '#2980b9', '#27ae60'];

function plotOf({ model, width }: ScalingOptions, cost: StepCost): string {
  const counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
  const charts = [1, 8].map((accumulate) => ({
    title: `${accumulate} ${accumulate === 1 ? 'batch' : 'batches'} an update`,
    xLabel: 'log2 of nodes',
    lines: gigabits.map((g, i): Line => {
      const points = counts.map((n) => [Math.log2(n), efficiency(cost, ethernet(g), n, accumulate)] as const);
      return { name: `${g} Gbit/s`, color: colors[i]!, points };
    }),
  }));
  return renderCharts(`${model}, width ${width}: efficiency by the model`, [charts]);
}
