import path from 'node:path';
import { inputError } from '../../base/errors.ts';
import { readInput } from '../../base/files.ts';
import { canGiveBack, giveBack } from '../../base/give-back.ts';
import { nativeRuntime } from '../../engine/runtimes/native/native-runtime.ts';
import type { Runtime } from '../../engine/runtimes/session.ts';
import type { Assumptions } from '../../weights/infer-config.ts';
import { wholeModel } from '../../weights/model-file.ts';
import { readWeightsWith } from '../../weights/read-weights.ts';
import type { ReadOptions } from '../../weights/safetensors/safetensors.ts';
import { loadExported, type Segmenter, type SegmenterOptions } from './load-segmenter.ts';
import { createSegmenter } from './segmenter.ts';

/** What a network is loaded with from its file. */
export interface FileOptions extends SegmenterOptions, ReadOptions {
  /** Where the file does not tell; see infer-config.ts. */
  readonly assumptions?: Assumptions;
}

/**
 * Loads a network from a weights file of any format that we read, or an ONNX file that fcn wrote.
 * @throws FcnError naming the file when it holds no whole network
 */
export async function openNetwork(
  file: string,
  options: FileOptions,
  runtime: Runtime = nativeRuntime,
): Promise<Segmenter> {
  return isExported(file) ? openExported(file, options, runtime) : openWeights(file, options, runtime);
}

/** Whether a file is an exported network, weights, preprocessing and all, by its name. */
function isExported(file: string): boolean {
  return path.extname(file).toLowerCase() === '.onnx';
}

async function openExported(
  file: string,
  { assumptions, ...options }: FileOptions,
  runtime: Runtime,
): Promise<Segmenter> {
  if (assumptions?.input) {
    throw inputError(
      `input: got ${assumptions.input} for ${file}, expected none: exported networks include their preprocessing`,
    );
  }
  return loadExported(runtime, await readInput(file, 'model'), file, options);
}

async function openWeights(
  file: string,
  { assumptions, ...options }: FileOptions,
  runtime: Runtime,
): Promise<Segmenter> {
  let comparing = Promise.resolve();
  const onComparing = (promise: Promise<void>) => {
    promise.catch(() => {}); // it may fail before it is waited for, below
    comparing = promise;
  };
  const open = async () => {
    const model = wholeModel(await readWeightsWith(file, { ...options, onComparing }), assumptions);
    return createSegmenter(model, canGiveBack ? { ...options, giveBack } : options, runtime); // nobody else has these weights
  };
  const [opened] = await Promise.allSettled([open()]);
  try {
    await comparing; // damage explains whatever else is wrong
  } catch (damage) {
    if (opened.status === 'fulfilled') await opened.value.release();
    throw damage;
  }
  if (opened.status === 'rejected') throw opened.reason;
  return opened.value;
}
