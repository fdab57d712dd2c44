import { cpus } from 'node:os';
import { Command, Option } from 'commander';
import { counted } from '../../base/counted.ts';
import { inputError } from '../../base/errors.ts';
import { writeOutput } from '../../base/files.ts';
import { version } from '../../base/version.ts';
import { type DeviceName, deviceOf } from '../../engine/devices/native-devices.ts';
import type { Size } from '../../inference/predict/segmenter.ts';
import { type ModelName, modelNames } from '../../networks/model-names.ts';
import { benchColumns, benchCsv } from '../bench/bench-csv.ts';
import { formatFindings } from '../bench/bench-table.ts';
import { Benchmark, type Measurement } from '../bench/benchmark.ts';
import { canImport, findPyTorch } from '../bench/contender.ts';
import { findingsOf } from '../bench/findings.ts';
import { sweepNames } from '../bench/growth.ts';
import { growthColumns } from '../bench/growth-csv.ts';
import { describeTimeOfRun } from '../bench/outside.ts';
import { type Row, rowNames, rowsAt, targetRows, withBatch, withoutTarget } from '../bench/rows.ts';
import { withScratchFolder } from '../bench/scratch.ts';
import { hasStockRuntime } from '../bench/stock-runtime.ts';
import { isCsv, isPlot } from '../earlier-results.ts';
import { decimal, deviceOption, forceOption, names, size, threadsOption, wholeNumber } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { duration } from '../progress.ts';
import { type MpiArguments, withMpiOptions } from '../ranks.ts';
import { textOutput } from '../standard-output.ts';
import { chosenFrom, runGrowth } from './bench-growth.ts';
import { runLayers } from './bench-layers.ts';
import { runScaling } from './bench-scaling.ts';

interface BenchArguments extends MpiArguments {
  model: ModelName;
  width: number;
  size?: Size;
  only?: string[];
  images: number;
  batch: number;
  data?: string;
  rounds?: number;
  warmup?: number;
  threads: number;
  device: DeviceName;
  peer: boolean;
  python?: string;
  csv?: string;
  growth?: true;
  layers?: true;
  scaling?: true;
  plot?: string;
  force?: true;
}

export function benchCommand(): Command {
  const command = new Command('bench')
    .description(
      'Time training, inference and whole programs on this machine, and compare them with other tools that run the same ' +
        'network. This takes less than ten minutes, 12 GB of memory and 5 GB in the temporary folder',
    )
    .addOption(new Option('--model <NAME>', 'network').choices(modelNames).default('fcn8s'))
    .option(
      '--width <F>',
      'share of the channels of the backbone',
      decimal((x) => x > 0, 'a number above 0'),
      1,
    )
    .option('--only <ROWS>', `only these rows: some of ${rowNames.join(',')}`, names)
    .option('--size <HxW>', 'time only a training step and an inference at this image size', size)
    .option(
      '--rounds <N>',
      'timed rounds of each program, taking turns (default: depends on the row)',
      wholeNumber(1),
    )
    .option('--warmup <N>', 'untimed rounds before them (default: depends on the row)', wholeNumber(0))
    .option('--batch <N>', 'images of a training step', wholeNumber(1), 1)
    .option('--images <N>', 'images in the evaluation; the target is for 100', wholeNumber(1), 5)
    .option('--data <SPEC>', 'voc:DIR to evaluate on (default: generated images)')
    .addOption(threadsOption().default(2))
    .addOption(deviceOption())
    .option(
      '--python <FILE>',
      'Python with PyTorch, OpenVINO, TensorFlow or several of them (default: FCN_PYTHON, or python3)',
    )
    .option('--no-peer', 'leave out PyTorch, OpenVINO and TensorFlow')
    .option('--csv <FILE>', 'write the figures to a file')
    .option(
      '--growth',
      'measure only how time and memory grow with the image area, the batch, the classes, the width and the threads, ' +
        `compared with the rate of one large convolution; --only takes some of ${sweepNames.join(',')}`,
    )
    .option(
      '--scaling',
      'measure only training steps on one rank and on all ranks of the launcher (without one, on two that fcn starts), how much ' +
        'they transfer, and what that means for more machines',
    )
    .option(
      '--layers',
      'measure only the time of each layer of an inference, and the least time that this machine needs for it',
    )
    .option('--plot <FILE>', 'with --growth or --scaling: write charts to an SVG file')
    .addOption(forceOption())
    .action((given: BenchArguments, command: Command) => {
      const { csv, plot, growth, force } = given;
      const header = (growth ? growthColumns : benchColumns).join(',');
      checkOutputs(
        [
          { option: '--csv', file: csv, isEarlier: isCsv(header) },
          { option: '--plot', file: plot, isEarlier: isPlot },
        ],
        { force },
      );
      if ((growth || given.scaling || given.layers) && given.device !== 'cpu') {
        const [instead] = ['growth', 'scaling', 'layers'].filter((name) => given[name as 'growth']);
        throw inputError(`--device: got ${given.device} with --${instead}, expected cpu, which it measures`);
      }
      if (given.layers) return runLayers(given);
      if (growth) return runGrowth(given);
      if (!given.scaling) return runBench(given);
      const isAsked = command.getOptionValueSource('threads') === 'cli';
      return runScaling({ ...given, threads: isAsked ? given.threads : undefined });
    });
  return withMpiOptions(command);
}

async function runBench(given: BenchArguments): Promise<void> {
  const { model, width, threads, csv, images, data, rounds, warmup } = given;
  if (given.size && given.only) throw inputError('--size and --only: got both, expected one of them');
  if (given.plot) throw inputError('--plot: got it alone, expected --growth or --scaling with it');
  const rows = rowsFor(given);
  const started = performance.now();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const { python, openVino, tensorFlow } = given.peer ? findPeers(given.python, say) : {};
  const { device } = await deviceOf(given.device, threads, say);
  const settings = {
    model,
    width,
    threads,
    device,
    python,
    openVino,
    tensorFlow,
    images,
    data,
    rounds,
    warmup,
    say,
  };
  const measurements = await withScratchFolder(async (folder) => {
    const benchmark = new Benchmark(settings, folder);
    const taken: Measurement[] = [];
    for (const row of rows) taken.push(await benchmark.measure(row));
    return taken;
  });

  const findings = measurements.flatMap((measurement) => findingsOf(measurement, images));
  const times = measurements.flatMap(({ timeOfRun }) => (timeOfRun ? [describeTimeOfRun(timeOfRun)] : []));
  const on = device === 'cpu' ? '' : `; fcn on ${device}`;
  const title = `fcn ${version}: ${model}, width ${width}, ${counted(threads, 'thread')}, ${cpus()[0]?.model.trim()}${on}`;
  const took = `took ${duration((performance.now() - started) / 1000)}`;
  textOutput(csv).write(`${[title, formatFindings(findings), ...times, took].join('\n')}\n`);
  if (csv) await writeOutput(csv, [benchCsv(measurements, settings)]);
}

/** The Python programs of the comparison; those that are missing are named, with how to install them. */
function findPeers(named: string | undefined, say: (line: string) => void) {
  const python = findPyTorch(named);
  if (!python) {
    say(
      'PyTorch not found (Debian: apt-get install python3-torch python3-pil; or pass a Python that has it with --python)',
    );
  }
  const having = (module: string, name: string, packageName = module) => {
    const found = [named, python].find((each) => each !== undefined && canImport(each, module));
    if (!found) {
      say(
        `${name} not found (pip install ${packageName} in a virtual environment, and pass its Python with --python)`,
      );
    }
    return found;
  };
  const openVino = having('openvino', 'OpenVINO');
  const tensorFlow = having('tensorflow', 'TensorFlow', 'tensorflow-cpu');
  if (!hasStockRuntime()) say('onnxruntime-node not found (npm install onnxruntime-node)');
  return { python, openVino, tensorFlow };
}

/** The targets are for full-width FCN-8s on two threads: other networks have the rows without them. */
function rowsFor({ size: at, only, model, width, threads, batch }: BenchArguments): readonly Row[] {
  if (at) return rowsAt(at).map((row) => withBatch(row, batch));
  const chosen = chosenFrom(rowNames, only);
  const rows = targetRows.filter(({ name }) => chosen.includes(name)).map((row) => withBatch(row, batch));
  return model === 'fcn8s' && width === 1 && threads === 2 ? rows : rows.map(withoutTarget);
}
