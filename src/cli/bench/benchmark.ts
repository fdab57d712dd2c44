import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../../base/errors.ts';
import { decodeLabelPng } from '../../data/images/label-png.ts';
import type { Device } from '../../engine/runtimes/session.ts';
import type { Metrics } from '../../inference/metrics/metrics.ts';
import { BenchFiles, classes, type FileSettings } from './bench-files.ts';
import {
  isForm,
  ourCommand,
  pyTorchScript,
  startEightBits,
  startExported,
  startOurs,
  startPyTorch,
  startTensorFlow,
  stockPredict,
} from './contender.ts';
import { measureTimeOfRun, type TimeOfRun } from './outside.ts';
import type { Contender } from './processes.ts';
import { fastestOf, type Result, race } from './race.ts';
import type { Row } from './rows.ts';

export interface Settings extends FileSettings {
  /** What computes our side; default: the CPU. */
  readonly device?: Device | undefined;
  /** A Python that has PyTorch, one that has OpenVINO, and one that has TensorFlow. */
  readonly python: string | undefined;
  readonly openVino?: string | undefined;
  readonly tensorFlow?: string | undefined;
  /** Instead of those of each row. */
  readonly rounds?: number | undefined;
  readonly warmup?: number | undefined;
}

/** What came of a row. */
export interface Measurement {
  readonly row: Row;
  /** Ours first; the others behind. Empty for `outside`. */
  readonly results: readonly Result[];
  readonly timeOfRun?: TimeOfRun;
}

/** The share of pixels on which we and PyTorch must agree, or they have not done the same. Rounding decides some. */
const sameWork = 0.99;

/** Measures rows, one after the other, in a folder for what the programs read and write. */
export class Benchmark {
  readonly #settings: Settings;
  readonly #files: BenchFiles;
  readonly #folder: string;
  /** The form of PyTorch that won the last race of inferences: whole programs need not find out again. */
  #fasterForm: string | undefined;

  constructor(settings: Settings, folder: string) {
    this.#settings = settings;
    this.#files = new BenchFiles(settings, folder);
    this.#folder = folder;
  }

  async measure(row: Row): Promise<Measurement> {
    const { say } = this.#settings;
    if (row.kind === 'outside') return { row, results: [], timeOfRun: await this.#timeOfRun() };
    const contenders = await this.#contenders(row);
    const { rounds = row.rounds, warmup = row.warmup } = this.#settings;
    const results = await race(contenders, { rounds, warmup, say: (line) => say(`${row.name}: ${line}`) });
    if (row.kind === 'infer') this.#fasterForm = fastestOf(results.filter(({ name }) => isForm(name)))?.name;
    const { python } = this.#settings;
    if (python && row.kind === 'predict') await this.#checkPredictions();
    if (python && row.kind === 'evaluate') await this.#checkMetrics();
    return { row, results };
  }

  async #contenders(row: Row): Promise<Contender[]> {
    const { model, width, threads, device, python } = this.#settings;
    switch (row.kind) {
      case 'train':
      case 'infer': {
        const { kind: mode, height, width: imageWidth, batch = 1 } = row;
        const workload = {
          mode,
          model,
          width,
          classes,
          height,
          imageWidth,
          batch,
          threads,
          ...(device && { device }),
        };
        const weights = mode === 'infer' ? { weights: (await this.#files.weights()).safetensors } : {};
        const { tensorFlow } = this.#settings;
        const peers = [
          ...(python ? startPyTorch(python, workload) : []),
          ...(tensorFlow ? startTensorFlow(tensorFlow, workload) : []),
        ];
        const exported =
          mode === 'infer'
            ? startExported(await this.#files.exported(), workload, this.#settings.openVino)
            : [];
        return [startOurs({ ...workload, ...weights }), ...exported, ...peers];
      }
      case 'eight-bits': {
        const { height, width: imageWidth } = row;
        const workload = {
          mode: 'segment',
          model,
          width,
          classes,
          height,
          imageWidth,
          batch: 1,
          threads,
        } as const;
        return startEightBits(
          await this.#files.quantized(),
          (await this.#files.weights()).safetensors,
          workload,
        );
      }
      case 'predict': {
        const image = path.join(await this.#files.images(), 'JPEGImages', 'val_000000.jpg');
        const [ours, ...theirs] = await this.#programs('predict', { out: 'ours' }, { out: 'theirs' }, image);
        const stock = stockPredict(await this.#files.exported(), image, this.#files.file('stock'), threads);
        return [ours!, ...stock, ...theirs];
      }
      case 'evaluate': {
        const data = await this.#files.evaluation();
        return this.#programs(
          'evaluate',
          { data: `voc:${data}`, json: 'ours.json' },
          { data, json: 'theirs.json' },
        );
      }
      case 'outside':
        return [];
    }
  }

  /** A command of ours and PyTorch's script of the same name. Results go to the folder of this benchmark. */
  async #programs(
    name: 'predict' | 'evaluate',
    ours: Readonly<Record<string, string>>,
    theirs: Readonly<Record<string, string>>,
    ...args: string[]
  ): Promise<Contender[]> {
    const { model, width, threads, device, python } = this.#settings;
    const weights = await this.#files.weights();
    const place = ({ out, json, ...options }: Readonly<Record<string, string>>) => ({
      ...options,
      ...(out && { out: this.#files.file(out) }),
      ...(json && { json: this.#files.file(json) }),
    });
    const options = Object.entries({
      weights: weights.safetensors,
      threads,
      device: device ?? 'cpu',
      ...place(ours),
    });
    const contender = ourCommand(
      name,
      ...options.flatMap(([key, value]) => [`--${key}`, `${value}`]),
      ...args,
    );
    if (!python) return [contender];
    const network = { weights: weights.torch, model, width, classes, threads };
    const forms = pyTorchScript(python, `${name}.py`, { ...network, ...place(theirs) }, ...args);
    return [contender, ...forms.filter((form) => form.name === (this.#fasterForm ?? form.name))];
  }

  async #timeOfRun(): Promise<TimeOfRun> {
    const { model, width, threads, say } = this.#settings;
    const { safetensors } = await this.#files.weights();
    const data = `voc:${await this.#files.images()}`;
    const network = ['--model', model, '--width', `${width}`, '--init', safetensors];
    say('outside: fcn train');
    // At the rate of a network that starts from random weights, so that it must not diverge.
    const args = ['--data', data, ...network, '--threads', `${threads}`, '--learning-rate', '1e-8'];
    return measureTimeOfRun(args, this.#folder);
  }

  /** @throws FcnError when the last predictions of us and of PyTorch are not of the same network. */
  async #checkPredictions(): Promise<void> {
    const [ours, theirs] = await Promise.all(
      ['ours', 'theirs'].map(async (out) => {
        const file = this.#files.file(out, 'val_000000.png');
        return decodeLabelPng(await readFile(file), file).data;
      }),
    );
    const agreeing = ours!.filter((label, pixel) => label === theirs![pixel]).length / theirs!.length;
    if (agreeing < sameWork || ours!.length !== theirs!.length) throw notTheSame('predict', agreeing);
  }

  async #checkMetrics(): Promise<void> {
    const [ours, theirs] = await Promise.all(
      ['ours.json', 'theirs.json'].map(async (name) => {
        return JSON.parse(await readFile(this.#files.file(name), 'utf8')) as Metrics;
      }),
    );
    const agreeing = 1 - Math.abs(ours!.pixelAccuracy - theirs!.pixelAccuracy);
    if (agreeing < sameWork || ours!.pixels !== theirs!.pixels) throw notTheSame('evaluate', agreeing);
  }
}

function notTheSame(what: string, agreeing: number) {
  const percent = (100 * agreeing).toFixed(2);
  return failure(
    `bench: ${what}: fcn and PyTorch agree in only ${percent} % of the pixels, so they did not compute the same`,
  );
}
