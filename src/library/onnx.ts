import * as z from 'zod';
import { inputError } from '../base/errors.ts';
import { writeOutput } from '../base/files.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import { openDataset } from '../data/datasets/open.ts';
import type { InputPreset } from '../data/input-config.ts';
import { nativeRuntime } from '../engine/runtimes/native/native-runtime.ts';
import type { Choice, Trial } from '../inference/quantize/choose.ts';
import { type Comparison, compare } from '../inference/quantize/compare.ts';
import { quantize } from '../inference/quantize/quantize.ts';
import { type Calibration, calibrations } from '../inference/quantize/ranges.ts';
import { spacedImages } from '../inference/quantize/spaced-images.ts';
import { compileExport } from '../networks/graphs/export.ts';
import { checkFinite } from '../weights/check-finite.ts';
import type { Model } from '../weights/model.ts';
import { modelOf } from './networks.ts';
import { checkSettings } from './settings/check-settings.ts';
import * as common from './settings/common.ts';

export interface ExportSettings {
  /** The network. */
  readonly weights: common.Network;
  /** Preprocessing, for a weights file that does not state its own. */
  readonly input?: InputPreset;
  /** File to write. Default: none; the bytes are returned in any case. */
  readonly out?: string;
  /** Also gives the scores: float32 [1, classes, height, width]. Default: only the classes. */
  readonly scores?: boolean;
}

export interface QuantizeSettings extends ExportSettings {
  /** What the ranges of numbers are taken from: the SPEC of a data set, or a split that a program makes itself. */
  readonly data: string | Dataset;
  /** The split, of a SPEC. Default: `train`. */
  readonly split?: string;
  /** How many images of it, evenly spaced. Default: 32. */
  readonly images?: number;
  /** Of each weight: 8 is nearer to float32, 7 right on every processor. Default: 8 where this processor computes it right. */
  readonly weightBits?: 7 | 8;
  /** How ranges follow from the numbers that are seen. Default: whatever changes the fewest classes. */
  readonly calibration?: Calibration;
  /** Layers of the backbone that stay float32. Default: those that change many classes. */
  readonly floatLayers?: readonly string[];
  /** Scores the network and the file on a split: its name in the SPEC, or a split that a program makes itself. */
  readonly compare?: string | Dataset;
  /** Threads of the runtime. Default: all cores. */
  readonly threads?: number;
  readonly onProgress?: (done: number) => void;
}

export interface Quantized {
  /** The ONNX file. */
  readonly bytes: Uint8Array;
  readonly weightBits: 7 | 8;
  /** How it was quantized. */
  readonly choice: Choice;
  /** What was tried to choose, each with the fraction of the pixels that change their class. */
  readonly trials: readonly Trial[];
  /** Where it was asked for. */
  readonly comparison?: Comparison;
}

const exportSettings = {
  weights: common.network,
  input: common.inputPreset,
  out: common.file.regex(/\.onnx$/i, { error: 'expected a file name that ends in .onnx' }).optional(),
  scores: z.boolean().default(false),
};
const exportSchema = z.strictObject(exportSettings);

const data = z.union([common.file, common.dataset], {
  error: 'expected the name of a split or a SPEC, or a Dataset',
});
const quantizeSchema = z.strictObject({
  ...exportSettings,
  data,
  split: common.file.default('train'),
  images: common.positiveInteger.default(32),
  weightBits: z.union([z.literal(7), z.literal(8)], { error: 'expected 7 or 8' }).optional(),
  calibration: z.enum(calibrations, { error: `expected one of ${calibrations.join(', ')}` }).optional(),
  floatLayers: z.array(z.string()).readonly().optional(),
  compare: data.optional(),
  threads: common.threads,
  onProgress: common.listener<(done: number) => void>(),
});

/**
 * Writes a network for other tools, as `fcn export` does: ONNX, any image size, preprocessing inside.
 * @returns the file's bytes
 * @throws FcnError when a setting or the network cannot be used.
 */
export async function exportNetwork(settings: ExportSettings): Promise<Uint8Array> {
  const { out, scores, ...network } = checkSettings(exportSchema, settings, 'exportNetwork');
  const { config, weights } = await soundModel(network);
  return written(compileExport(config, weights, { scores }), out);
}

/**
 * Writes a network as `exportNetwork` does, with 8-bit integers: a quarter of the size, and faster. As `fcn quantize`.
 * @throws FcnError when a setting, the network or the data cannot be used.
 */
export async function quantizeNetwork(settings: QuantizeSettings): Promise<Quantized> {
  const checked = checkSettings(quantizeSchema, settings, 'quantizeNetwork');
  const {
    data,
    split,
    images,
    compare: compared,
    out,
    scores,
    threads,
    weightBits,
    calibration,
    floatLayers,
    onProgress,
    ...network
  } = checked;
  const dataset = typeof data === 'string' ? await openDataset(data, split) : data;
  const other = typeof compared === 'string' ? await splitOf(data, compared) : compared;
  const model = await soundModel(network);
  const count = Math.min(images, dataset.ids.length);
  const spaced = spacedImages(dataset, model.config.input, count, (done) => onProgress?.(done));
  const options = { scores, threads, weightBits, calibration, floatLayers };
  const { parts, ...how } = await quantize(model, spaced, nativeRuntime, options);
  const bytes = await written(parts, out);
  if (!other) return { bytes, ...how };
  return {
    bytes,
    ...how,
    comparison: await compare(model, bytes, other, nativeRuntime, { threads }, () => {}),
  };
}

async function splitOf(data: string | Dataset, split: string): Promise<Dataset> {
  if (typeof data === 'string') return openDataset(data, split);
  throw inputError(
    `quantizeNetwork: compare: got the name ${split} with data that is a Dataset, expected a Dataset`,
  );
}

async function soundModel({
  weights,
  input,
}: Pick<z.infer<typeof exportSchema>, 'weights' | 'input'>): Promise<Model> {
  const model = await modelOf(weights, input);
  checkFinite(model, typeof weights === 'string' ? `weights ${weights}` : 'weights');
  return model;
}

async function written(parts: readonly Uint8Array[], out: string | undefined): Promise<Uint8Array> {
  if (out !== undefined) await writeOutput(out, parts);
  return Buffer.concat(parts);
}
