import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import { quantize } from '../../../src/inference/quantize/quantize.ts';
import type { Model } from '../../../src/weights/model.ts';
import { testImage } from '../../data/helpers.ts';

/** The bytes of a quantized network, its ranges taken from images of these sizes. */
export async function quantized(
  model: Model,
  sizes: readonly (readonly [height: number, width: number])[],
  { scores = true }: { scores?: boolean } = {},
): Promise<Uint8Array> {
  async function* images() {
    for (const [height, width] of sizes) yield testImage(height, width);
  }
  const choice = { weightBits: 7, calibration: 'min-max', floatLayers: [] } as const;
  const { parts } = await quantize(model, images(), nativeRuntime, { scores, threads: 1, ...choice });
  return Buffer.concat(parts);
}
