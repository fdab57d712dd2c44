import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { decodeLabelPng } from '../../data/images/label-png.ts';
import type { Device } from '../../engine/runtimes/session.ts';
import type { Metrics } from '../../inference/metrics/metrics.ts';
import { compileExport } from '../../networks/graphs/export.ts';
import type { ModelName } from '../../networks/model-names.ts';
import {
  isForm,
  ourCommand,
  pyTorchScript,
  startEightBits,
  startExported,
  startOurs,
  startPyTorch,
  stockPredict,
} from './contender.ts';
import { measureTimeOfRun, type TimeOfRun } from './outside.ts';
import type { Contender } from './processes.ts';
import { fastestOf, type Result, race } from './race.ts';
import { randomModel } from './random-model.ts';
import type { Row } from './rows.ts';
import { makeVocFolder, showVocFolder, type WeightFiles, writeQuantized, writeWeights } from './scratch.ts';

export interface Settings {
  readonly model: ModelName;
  readonly width: number;
  readonly threads: number;
  /** What computes our side; default: the CPU. */
  readonly device?: Device | undefined;
  /** A Python that has PyTorch, and one that has OpenVINO. */
  readonly python: string | undefined;
  readonly openVino?: string | undefined;
  /** Of an evaluation. */
  readonly images: number;
  /** What to evaluate on, `voc:DIR`; default: generated images. */
  readonly data?: string | undefined;
  /** Instead of those of each row. */
  readonly rounds?: number | undefined;
  readonly warmup?: number | undefined;
  readonly say: (line: string) => void;
}

/** What came of a row. */
export interface Measurement {
  readonly row: Row;
  /** Ours first; the others behind. Empty for `outside`. */
  readonly results: readonly Result[];
  readonly timeOfRun?: TimeOfRun;
}

/** Those of PASCAL VOC. */
const classes = 21;

/** Images that are trained on and predicted. */
const imagesToTrain = 6;

/** The share of pixels on which we and PyTorch must agree, or they have not done the same. Rounding decides some. */
const sameWork = 0.99;

/** Measures rows, one after the other, in a folder for what the programs read and write. */
export class Benchmark {
  readonly #settings: Settings;
  readonly #folder: string;
  #weights: Promise<WeightFiles> | undefined;
  #exported: Promise<string> | undefined;
  #quantized: Promise<string> | undefined;
  #images: Promise<string> | undefined;
  /** The form of PyTorch that won the last race of inferences: whole programs need not find out again. */
  #fasterForm: string | undefined;

  constructor(settings: Settings, folder: string) {
    this.#settings = settings;
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
        const weights = mode === 'infer' ? { weights: (await this.#weightFiles()).safetensors } : {};
        const peers = python ? startPyTorch(python, workload) : [];
        const exported =
          mode === 'infer'
            ? startExported(await this.#exportedFile(), workload, this.#settings.openVino)
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
        return startEightBits(await this.#quantizedFile(), (await this.#weightFiles()).safetensors, workload);
      }
      case 'predict': {
        const image = path.join(await this.#imageFolder(), 'JPEGImages', 'val_000000.jpg');
        const [ours, ...theirs] = await this.#programs('predict', { out: 'ours' }, { out: 'theirs' }, image);
        const stock = stockPredict(await this.#exportedFile(), image, this.#file('stock'), threads);
        return [ours!, ...stock, ...theirs];
      }
      case 'evaluate': {
        const data = await this.#evaluationFolder();
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
    const weights = await this.#weightFiles();
    const place = ({ out, json, ...options }: Readonly<Record<string, string>>) => ({
      ...options,
      ...(out && { out: this.#file(out) }),
      ...(json && { json: this.#file(json) }),
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
    const { safetensors } = await this.#weightFiles();
    const data = `voc:${await this.#imageFolder()}`;
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
        const file = this.#file(out, 'val_000000.png');
        return decodeLabelPng(await readFile(file), file).data;
      }),
    );
    const agreeing = ours!.filter((label, pixel) => label === theirs![pixel]).length / theirs!.length;
    if (agreeing < sameWork || ours!.length !== theirs!.length) throw notTheSame('predict', agreeing);
  }

  async #checkMetrics(): Promise<void> {
    const [ours, theirs] = await Promise.all(
      ['ours.json', 'theirs.json'].map(async (name) => {
        return JSON.parse(await readFile(this.#file(name), 'utf8')) as Metrics;
      }),
    );
    const agreeing = 1 - Math.abs(ours!.pixelAccuracy - theirs!.pixelAccuracy);
    if (agreeing < sameWork || ours!.pixels !== theirs!.pixels) throw notTheSame('evaluate', agreeing);
  }

  #weightFiles(): Promise<WeightFiles> {
    this.#weights ??= this.#writeWeights();
    return this.#weights;
  }

  async #writeWeights(): Promise<WeightFiles> {
    const { model, width, say } = this.#settings;
    const network = randomModel(model, width, classes);
    const bytes = [...network.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
    say(
      `writing random weights to ${this.#folder}, twice ${(bytes / 1e6).toFixed(0)} MB; they are removed at the end`,
    );
    return writeWeights(this.#folder, network);
  }

  #exportedFile(): Promise<string> {
    this.#exported ??= this.#writeExported();
    return this.#exported;
  }

  async #writeExported(): Promise<string> {
    const { model, width } = this.#settings;
    const { config, weights } = randomModel(model, width, classes);
    const file = this.#file('fcn.onnx');
    await writeFileAtomic(file, compileExport(config, weights, { scores: false }));
    return file;
  }

  #quantizedFile(): Promise<string> {
    this.#quantized ??= this.#writeQuantized();
    return this.#quantized;
  }

  async #writeQuantized(): Promise<string> {
    const { model, width, threads, say } = this.#settings;
    say('quantizing the network');
    const file = this.#file('fcn-8bits.onnx');
    await writeQuantized(file, randomModel(model, width, classes), await this.#imageFolder(), threads);
    return file;
  }

  #imageFolder(): Promise<string> {
    this.#images ??= makeVocFolder(this.#file('images'), imagesToTrain);
    return this.#images;
  }

  async #evaluationFolder(): Promise<string> {
    const { data, images } = this.#settings;
    const folder = this.#file('evaluation');
    return data ? showVocFolder(folder, data, images) : makeVocFolder(folder, images);
  }

  #file(...names: string[]): string {
    return path.join(this.#folder, ...names);
  }
}

function notTheSame(what: string, agreeing: number) {
  const percent = (100 * agreeing).toFixed(2);
  return failure(
    `bench: ${what}: fcn and PyTorch agree in only ${percent} % of the pixels, so they did not compute the same`,
  );
}
