import * as z from 'zod';
import { cacheFolder } from '../base/download/cache-folder.ts';
import { findByName, mirrored } from '../base/download/catalog.ts';
import type { Feedback } from '../base/download/feedback.ts';
import { FcnError, inputError } from '../base/errors.ts';
import { sizeOf } from '../base/tensor.ts';
import type { InputPreset } from '../data/input-config.ts';
import type { ModelConfig } from '../networks/model-config.ts';
import { type ModelName, modelNames } from '../networks/model-names.ts';
import { type Adapted, asModel } from '../weights/as-model.ts';
import { publishedWeights } from '../weights/published/catalog.ts';
import { getWeights } from '../weights/published/weights.ts';
import { readWeights } from '../weights/read-weights.ts';
import { writerFor } from '../weights/writers.ts';
import { feedbackSchema } from './data.ts';
import { checkSettings } from './settings/check-settings.ts';
import * as common from './settings/common.ts';

export interface ConvertWeightsSettings {
  /** Weights file: .safetensors, .pth, .pt, .caffemodel, .tflite or .net. */
  readonly from: string;
  /** File to write: .safetensors, .pth or .pt. */
  readonly to: string;
  /** The network, where the file does not tell. */
  readonly model?: ModelName;
  /** Preprocessing, where the file does not state its own. */
  readonly input?: InputPreset;
}

/** What a weights file holds. */
export interface WeightsFile {
  readonly origin: string;
  /** The network, where it is one for segmentation. */
  readonly config?: ModelConfig;
  /** Why it is no network that fcn knows, where it is none. */
  readonly reason?: string;
  /** How many numbers there are. */
  readonly parameters: number;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

export interface FetchWeightsSettings {
  /** One of `fetchableWeights`. */
  readonly name: string;
  /** Where to put it. Default: the cache (FCN_CACHE). */
  readonly out?: string;
  /** This file, carried here by hand, instead of downloading it. */
  readonly from?: string;
  /** Is told of the progress. */
  readonly feedback?: Partial<Feedback>;
}

const convertSchema = z.strictObject({
  from: common.file,
  to: common.file,
  model: z.enum(modelNames as [ModelName, ...ModelName[]]).optional(),
  input: common.inputPreset,
});
const inspectSchema = z.strictObject({ input: common.inputPreset });
const fetchSchema = z.strictObject({
  name: common.file,
  out: common.file.optional(),
  from: common.file.optional(),
  feedback: feedbackSchema,
});

/** The names of the weights that `fetchWeights` knows. */
export const fetchableWeights: readonly string[] = publishedWeights.map(({ name }) => name);

/**
 * Says what a weights file of any format that fcn reads holds. Nothing in it is executed.
 * @throws FcnError when it is damaged, or no weights file.
 */
export async function inspectWeights(
  file: string,
  settings: { readonly input?: InputPreset } = {},
): Promise<WeightsFile> {
  const { input } = checkSettings(inspectSchema, settings, 'inspectWeights');
  const source = await readWeights(checkSettings(common.file, file, 'inspectWeights'));
  const { network, reason } = recognize(() => asModel(source, { input }), source.config !== undefined);
  const tensors = [...source.tensors].map(([name, { shape }]) => ({ name, shape: [...shape] }));
  return {
    origin: source.origin,
    ...(network && 'config' in network && { config: network.config }),
    ...(reason !== undefined && { reason }),
    parameters: tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    tensors,
  };
}

/**
 * Writes weights in another format, by the extension of the file, as `fcn convert` does.
 * @returns what was written: a network, or the tensors of a classifier that is none yet
 * @throws FcnError when the file cannot be read, or the other not be written.
 */
export async function convertWeights(settings: ConvertWeightsSettings): Promise<Adapted> {
  const { from, to, model, input } = checkSettings(convertSchema, settings, 'convertWeights');
  const writer = writerFor(to);
  const source = await readWeights(from);
  if (source.config && model && model !== source.config.model) {
    throw inputError(`convertWeights: model: got ${model}, but ${from} already says which; leave it out`);
  }
  const adapted = asModel(source, { input, model });
  if ('config' in adapted) await writer.model(to, adapted);
  else await writer.tensors(to, source.tensors);
  return adapted;
}

/**
 * Downloads published weights and checks them. What has been downloaded is continued the next time.
 * @returns the file
 * @throws FcnError when they cannot be had, or are not what is published.
 */
export async function fetchWeights(settings: FetchWeightsSettings): Promise<string> {
  const { name, out, from, feedback } = checkSettings(fetchSchema, settings, 'fetchWeights');
  const found = findByName(publishedWeights, name, 'fetchWeights');
  return getWeights({ ...found, file: mirrored(found.file) }, { cache: cacheFolder(), from, out }, feedback);
}

/** The network in a file. One that says what it holds must hold it; of others it is no fault to be none of ours. */
function recognize(read: () => Adapted, mustBeOne: boolean): { network?: Adapted; reason?: string } {
  try {
    return { network: read() };
  } catch (thrown) {
    if (mustBeOne || !(thrown instanceof FcnError)) throw thrown;
    return { reason: thrown.message };
  }
}
