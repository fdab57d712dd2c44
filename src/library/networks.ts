import * as z from 'zod';
import type { Dataset } from '../data/datasets/dataset.ts';
import { openDataset } from '../data/datasets/open.ts';
import type { InputPreset } from '../data/input-config.ts';
import { type DeviceName, deviceOf } from '../engine/devices/native-devices.ts';
import type { Runtime } from '../engine/runtimes/session.ts';
import { type EvaluateInput, evaluate } from '../inference/evaluate/evaluate.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import { findImages, withFurther } from '../inference/predict/find-images.ts';
import { guarded } from '../inference/predict/guarded.ts';
import { openNetwork } from '../inference/predict/open-segmenter.ts';
import type { TileSetting } from '../inference/predict/plan-tiles.ts';
import { type PredictInput, type Prediction, predictImages } from '../inference/predict/predict.ts';
import {
  createSegmenter as createPlain,
  type Segmenter,
  type Size,
  whileOpen,
} from '../inference/predict/segmenter.ts';
import { type View, withViews } from '../inference/predict/test-time-augmentation.ts';
import { builtinName } from '../weights/builtin.ts';
import type { Model } from '../weights/model.ts';
import { loadModel } from '../weights/model-file.ts';
import { checkSettings } from './settings/check-settings.ts';
import * as common from './settings/common.ts';

/** How a network is loaded. */
export interface SegmenterSettings {
  /** Threads of the runtime. Default: all cores. */
  readonly threads?: number;
  /**
   * What computes: `cpu`, `webgpu` (a graphics processor of any maker), `cuda`, or `auto`: one that is there, right and faster
   * than the CPU. Default: `cpu`.
   */
  readonly device?: DeviceName;
  /** Preprocessing, for a weights file that does not state its own. */
  readonly input?: InputPreset;
  /** Shows each image several times, mirrored and in several sizes, and takes the mean. Default: once. */
  readonly tta?: readonly View[];
}

/** How images pass through a network. */
export interface PassSettings extends SegmenterSettings {
  /** The network, or the .onnx file of `exportNetwork` or `quantizeNetwork`. */
  readonly weights: common.Network;
  /** The size at which images pass through the network. Default: their own. */
  readonly size?: Size;
  /** Tiles in which images pass that have no `size`. Default: `auto`, as memory allows. Results do not depend on it. */
  readonly tile?: TileSetting;
}

export interface PredictSettings
  extends Omit<PassSettings, 'weights'>,
    Pick<PredictInput, 'overlay' | 'logits' | 'onRemarks' | 'onUnusable' | 'onProgress' | 'onTile'> {
  /** As for other functions. Default: the network that comes with fcn, which finds the 20 kinds of objects of PASCAL VOC. */
  readonly weights?: common.Network;
  /**
   * Image files, folders (with those below) and patterns such as `photos/*.jpg`. The id of an image is its name without folder
   * and extension; images of a folder keep the path below it.
   */
  readonly images: readonly string[];
  /** Folders with further channels of each image, in files of the same name. */
  readonly with?: readonly string[];
  /** Folder of the results: ID.png, and ID.overlay.png and ID.npy where asked for. Default: `predictions`. */
  readonly out?: string;
}

export interface EvaluateSettings
  extends PassSettings,
    Pick<EvaluateInput, 'limit' | 'onPrediction' | 'onScore' | 'onProgress'> {
  /** The SPEC of a data set, as in `voc:DIR`, or a split that a program makes itself. */
  readonly data: string | Dataset;
  /** The split, of a SPEC. Default: `val`. */
  readonly split?: string;
}

const segmenterSettings = {
  threads: common.threads,
  device: common.device,
  input: common.inputPreset,
  tta: common.tta,
};
const passSettings = {
  ...segmenterSettings,
  ...{ weights: common.network, size: common.size, tile: common.tile },
};

const segmenterSchema = z.strictObject(segmenterSettings);

const predictSchema = z.strictObject({
  ...passSettings,
  weights: common.network.default(builtinName),
  images: z.array(common.file).min(1, { error: 'expected at least one image' }),
  with: z.array(common.file).optional(),
  out: common.file.default('predictions'),
  overlay: z.boolean().default(false),
  logits: z.boolean().default(false),
  onRemarks: common.listener<NonNullable<PredictInput['onRemarks']>>(),
  onUnusable: common.listener<NonNullable<PredictInput['onUnusable']>>(),
  onProgress: common.listener<NonNullable<PredictInput['onProgress']>>(),
  onTile: common.listener<NonNullable<PredictInput['onTile']>>(),
});

const evaluateSchema = z.strictObject({
  ...passSettings,
  data: z.union([common.file, common.dataset], { error: 'expected a SPEC such as voc:DIR, or a Dataset' }),
  split: common.file.default('val'),
  limit: common.positiveInteger.optional(),
  onPrediction: common.listener<NonNullable<EvaluateInput['onPrediction']>>(),
  onScore: common.listener<NonNullable<EvaluateInput['onScore']>>(),
  onProgress: common.listener<NonNullable<EvaluateInput['onProgress']>>(),
});

/** The network in a file, or the one that is given. @throws FcnError when the file holds none. */
export async function modelOf(weights: common.Network, input?: InputPreset): Promise<Model> {
  return typeof weights === 'string' ? loadModel(weights, { input }) : weights;
}

/** Of a network that lives as long as its caller wants. */
const manyImages = 1000;

/**
 * Loads a network that is ready to segment images of any size: weights in a file of any format that fcn reads or in memory, or an
 * exported .onnx file. Release it when you are done with it.
 * @param given in place of the device that the settings name
 * @throws FcnError when a setting or the file cannot be used.
 */
export async function createSegmenter(
  weights: common.Network,
  settings: SegmenterSettings = {},
  given?: Runtime,
): Promise<Segmenter> {
  const network = checkSettings(common.network, weights, 'createSegmenter');
  const checked = checkSettings(segmenterSchema, settings, 'createSegmenter');
  return guarded(await openFor(manyImages, network, checked, given));
}

/** @param images that will be segmented, about: see SegmenterOptions */
async function openFor(
  images: number,
  network: common.Network,
  { threads, device, input, tta }: z.output<typeof segmenterSchema>,
  given?: Runtime,
): Promise<Segmenter> {
  const runtime = given ?? (await deviceOf(device, threads));
  // Weights that the caller holds may change between calls: they are not packed.
  const plain =
    typeof network === 'string'
      ? await openNetwork(network, { threads, images, assumptions: { input } }, runtime)
      : await createPlain(network, { threads }, runtime);
  return tta ? withViews(plain, tta) : plain;
}

/**
 * Segments images and writes the results, as `fcn predict` does. An image that cannot be used ends the work, unless
 * `onUnusable` takes it.
 * @returns what was found in each image, in order
 * @throws FcnError when a setting, the network or an image cannot be used.
 */
export async function predictFiles(settings: PredictSettings): Promise<Prediction[]> {
  const checked = checkSettings(predictSchema, settings, 'predictFiles');
  const { weights, threads, device, input, tta, images, with: folders = [], ...pass } = checked;
  const found = await Promise.all([...new Set(images)].map((image) => findImages(image, pass.out)));
  const all = folders.length > 0 ? await withFurther(found.flat(), folders) : found.flat();
  const opened = await openFor(all.length, weights, { threads, device, input, tta });
  return whileOpen(opened, (segmenter) => predictImages({ ...pass, images: all, segmenter }));
}

/**
 * Scores a network on a split, at the labels' own sizes, as `fcn evaluate` does.
 * @throws FcnError when a setting, the network or the data cannot be used.
 */
export async function evaluateNetwork(settings: EvaluateSettings): Promise<Metrics> {
  const checked = checkSettings(evaluateSchema, settings, 'evaluateNetwork');
  const { weights, threads, device, input, tta, data, split, ...pass } = checked;
  const dataset = typeof data === 'string' ? await openDataset(data, split) : data;
  const count = Math.min(dataset.ids.length, pass.limit ?? Infinity);
  const opened = await openFor(count, weights, { threads, device, input, tta });
  return whileOpen(opened, (segmenter) => evaluate({ ...pass, segmenter, dataset }));
}
