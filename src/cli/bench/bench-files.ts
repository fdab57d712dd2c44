import path from 'node:path';
import { writeFileAtomic } from '../../base/files.ts';
import { compileExport } from '../../networks/graphs/export.ts';
import type { ModelName } from '../../networks/model-names.ts';
import { randomModel } from './random-model.ts';
import { makeVocFolder, showVocFolder, type WeightFiles, writeQuantized, writeWeights } from './scratch.ts';

/** Those of PASCAL VOC. */
export const classes = 21;

/** Images that are trained on and predicted. */
const imagesToTrain = 6;

export interface FileSettings {
  readonly model: ModelName;
  readonly width: number;
  readonly threads: number;
  /** Of an evaluation. */
  readonly images: number;
  /** What to evaluate on, `voc:DIR`; default: generated images. */
  readonly data?: string | undefined;
  readonly say: (line: string) => void;
}

/** What the programs of a benchmark read and write, in a folder. Each is made when it is first wanted. */
export class BenchFiles {
  readonly #settings: FileSettings;
  readonly #folder: string;
  #weights: Promise<WeightFiles> | undefined;
  #exported: Promise<string> | undefined;
  #quantized: Promise<string> | undefined;
  #images: Promise<string> | undefined;

  constructor(settings: FileSettings, folder: string) {
    this.#settings = settings;
    this.#folder = folder;
  }

  weights(): Promise<WeightFiles> {
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

  exported(): Promise<string> {
    this.#exported ??= this.#writeExported();
    return this.#exported;
  }

  async #writeExported(): Promise<string> {
    const { model, width } = this.#settings;
    const { config, weights } = randomModel(model, width, classes);
    const file = this.file('fcn.onnx');
    await writeFileAtomic(file, compileExport(config, weights, { scores: false }));
    return file;
  }

  quantized(): Promise<string> {
    this.#quantized ??= this.#writeQuantized();
    return this.#quantized;
  }

  async #writeQuantized(): Promise<string> {
    const { model, width, threads, say } = this.#settings;
    say('quantizing the network');
    const file = this.file('fcn-8bits.onnx');
    await writeQuantized(file, randomModel(model, width, classes), await this.images(), threads);
    return file;
  }

  images(): Promise<string> {
    this.#images ??= makeVocFolder(this.file('images'), imagesToTrain);
    return this.#images;
  }

  async evaluation(): Promise<string> {
    const { data, images } = this.#settings;
    const folder = this.file('evaluation');
    return data ? showVocFolder(folder, data, images) : makeVocFolder(folder, images);
  }

  file(...names: string[]): string {
    return path.join(this.#folder, ...names);
  }
}
