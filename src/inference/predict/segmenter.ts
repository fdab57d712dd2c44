import { nativeRuntime } from '../../engine/runtimes/native/native-runtime.ts';
import type { Runtime } from '../../engine/runtimes/session.ts';
import type { Model } from '../../weights/model.ts';
import { planFor } from '../tuned-plans.ts';
import { loadSegmenter, type Segmenter, type SegmenterOptions } from './load-segmenter.ts';

export type { Segmenter, SegmenterOptions, Size } from './load-segmenter.ts';

/** Loads a network as `loadSegmenter` does, by default on native ONNX Runtime and as was measured to be fast on this machine. */
export function createSegmenter(
  model: Model,
  options: SegmenterOptions,
  runtime: Runtime = nativeRuntime,
): Promise<Segmenter> {
  const { plan = planFor(model.config, 'inference') } = options;
  return loadSegmenter(runtime, model, { ...options, plan });
}

/** Loads a network, uses it and frees it, whatever comes of the use. */
export async function withSegmenter<T>(
  model: Model,
  options: SegmenterOptions,
  use: (segmenter: Segmenter) => Promise<T>,
  runtime: Runtime = nativeRuntime,
): Promise<T> {
  return whileOpen(await createSegmenter(model, options, runtime), use);
}

/** Uses a network that is loaded and frees it, whatever comes of the use. */
export async function whileOpen<T>(
  segmenter: Segmenter,
  use: (segmenter: Segmenter) => Promise<T>,
): Promise<T> {
  try {
    return await use(segmenter);
  } finally {
    await segmenter.release();
  }
}
