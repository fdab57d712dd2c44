import * as z from 'zod';
import { inputError } from '../../base/errors.ts';
import type { LabelImage } from '../../data/images/image.ts';
import { inputPresets } from '../../data/input-config.ts';
import { checkDevice } from '../../engine/devices/check-device.ts';
import { initializeParameter } from '../../engine/parameters/initialize.ts';
import { type WebRuntimeOptions, webgpuRuntime, webRuntime } from '../../engine/runtimes/web/web-runtime.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { type ModelName, modelNames } from '../../networks/model-names.ts';
import type { Architecture } from '../../networks/network.ts';
import { parametersOf } from '../../networks/parameters.ts';
import type { Model } from '../../weights/model.ts';
import { transplant } from '../../weights/transplant.ts';
import { checkSettings } from '../settings/check-settings.ts';
import { readModel, writeModel } from './model-file.ts';
import { type Pixels, toRgb } from './pixels.ts';
import { Training } from './training.ts';

/** An image and the class of each of its pixels, 255 where there is none. */
export interface LabeledPixels {
  readonly image: Pixels;
  /** Of the image's size. */
  readonly label: LabelImage;
}

export interface WebTrainingSettings extends WebRuntimeOptions {
  /** Names of the classes: class n is the n-th. */
  readonly classes: readonly string[];
  /** Default: `fcn8s-mobilenetv2`, which learns fastest in a page. */
  readonly model?: ModelName;
  /** Share of the channels of the backbone. Default: 0.25. */
  readonly width?: number;
  /** A .safetensors file to start from, which also says which network it is. Default: random weights. */
  readonly weights?: Uint8Array;
  /** Default: 0.02. */
  readonly learningRate?: number;
  /** Default: 0.9. */
  readonly momentum?: number;
  /** Default: 0.0005. */
  readonly weightDecay?: number;
  /** Images of one step. Default: 4. */
  readonly batchSize?: number;
  /** Side of the squares that a step sees, in pixels. Default: 96. */
  readonly cropSize?: number;
  /** Of all that is random. Default: 0. */
  readonly seed?: number;
  /**
   * What trains: `cpu`, by WebAssembly, or `webgpu`, the browser's graphics processor, which is checked first; `wasmPaths` are then
   * those of ONNX Runtime's build for WebGPU. Default: `cpu`.
   */
  readonly device?: 'cpu' | 'webgpu';
  /** Threads of WebAssembly; more than one need a page that is cross-origin isolated. Default: 1. */
  readonly threads?: number;
}

/** A training in a page, step by step. In a worker: a step keeps the thread busy that it is called on. */
export interface WebTraining {
  readonly config: ModelConfig;
  /** Steps that were made. */
  readonly iteration: number;
  /** What to learn from, as of the next step. @throws FcnError when a label is not of its image's size, or has no such class. */
  setSamples(samples: readonly LabeledPixels[]): void;
  /** One update of the weights. @returns the loss before it: the mean over the labeled pixels of the batch. */
  step(): Promise<number>;
  /** The class of highest score at each pixel, as the network is now. */
  segment(image: Pixels): Promise<LabelImage>;
  /** The weights as a .safetensors file, as `fcn train` writes it. */
  save(): Promise<Uint8Array>;
  /** Frees the memory of the network. */
  release(): Promise<void>;
}

const positiveInteger = z.int().min(1);
const schema = z.strictObject({
  classes: z
    .array(z.string().min(1))
    .min(2, { error: 'expected the names of at least two classes' })
    .max(255),
  model: z.enum(modelNames as [ModelName, ...ModelName[]]).default('fcn8s-mobilenetv2'),
  width: z.number().positive().max(1).default(0.25),
  weights: z.instanceof(Uint8Array, { error: 'expected the bytes of a file' }).optional(),
  learningRate: z.number().positive().default(0.02),
  momentum: z.number().min(0).lt(1).default(0.9),
  weightDecay: z.number().min(0).default(5e-4),
  batchSize: positiveInteger.default(4),
  cropSize: positiveInteger.default(96),
  seed: z.int().min(0).default(0),
  threads: positiveInteger.default(1),
  device: z.enum(['cpu', 'webgpu']).default('cpu'),
  wasmPaths: z
    .union([z.string(), z.strictObject({ mjs: z.string().optional(), wasm: z.string() })], {
      error: 'expected the address of a folder, or { mjs, wasm }',
    })
    .optional(),
});

/**
 * Begins a training in a page: the same graph of a training step as `fcn train`, on WebAssembly or WebGPU.
 * @throws FcnError when a setting or the file cannot be used, or ONNX Runtime's WebAssembly is not to be had.
 */
export async function createTraining(settings: WebTrainingSettings): Promise<WebTraining> {
  const { classes, model, width, weights, wasmPaths, device, ...rest } = checkSettings(
    schema,
    settings,
    'createTraining',
  );
  const architecture = {
    model,
    width,
    numClasses: classes.length,
    classes,
    deconvolution: 'learned',
  } as const;
  const first = weights ? fromFile(weights, classes, rest.seed) : fromNothing(architecture, rest.seed);
  const runtime =
    device === 'cpu' ? webRuntime({ wasmPaths }) : await checkDevice(await webgpuRuntime({ wasmPaths }));
  const training = await Training.create(runtime, first, rest);
  let hasSamples = false;
  return {
    config: first.config,
    get iteration() {
      return training.iteration;
    },
    setSamples(samples) {
      const checked = samples.map(({ image, label }, index) => {
        const rgb = toRgb(image);
        checkLabel(label, rgb, classes, index);
        return { id: `${index}`, image: rgb, label };
      });
      hasSamples = checked.some(({ label }) => label.data.some((value) => value !== 255));
      training.setSamples(checked);
    },
    async step() {
      if (!hasSamples)
        throw inputError('training: got no labeled pixel, expected some; call setSamples first');
      return training.step();
    },
    async segment(image) {
      await training.read();
      return training.segment(toRgb(image));
    },
    async save() {
      await training.read();
      return writeModel(training.model);
    },
    release: () => training.release(),
  };
}

function fromNothing(architecture: Architecture & Pick<ModelConfig, 'classes'>, seed: number): Model {
  const parameters = parametersOf(architecture);
  const weights = new Map(
    parameters.map((parameter) => [parameter.name, initializeParameter(parameter, seed)]),
  );
  return { config: { ...architecture, input: { ...inputPresets.torchvision } } as ModelConfig, weights };
}

/** The network of the file. Its score layers start anew where its classes are not these. */
function fromFile(bytes: Uint8Array, classes: readonly string[], seed: number): Model {
  const source = readModel(bytes, 'file');
  const config = { ...source.config, numClasses: classes.length, classes: [...classes] };
  return { config, weights: transplant(source, config, seed).weights };
}

function checkLabel(
  { width, height, data }: LabelImage,
  image: { width: number; height: number },
  classes: readonly string[],
  index: number,
): void {
  const what = `setSamples: label ${index}`;
  if (width !== image.width || height !== image.height || data.length !== width * height) {
    throw inputError(
      `${what}: got ${width}x${height} pixels and ${data.length} values, expected those of its image, ${image.width}x${image.height}`,
    );
  }
  const unknown = data.find((value) => value >= classes.length && value !== 255);
  if (unknown === undefined) return;
  throw inputError(`${what}: got class ${unknown}, expected 0 to ${classes.length - 1}, or 255 for no class`);
}
