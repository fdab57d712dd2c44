import { quantize } from '../../src/quantize/quantize.ts';
import { nativeRuntime } from '../../src/runtime/native/native-runtime.ts';
import type { Model } from '../../src/weights/model.ts';
import { testImage } from '../data/helpers.ts';

/** The bytes of a quantized network, its ranges taken from images of these sizes. */
export async function quantized(
  model: Model,
  sizes: readonly (readonly [height: number, width: number])[],
): Promise<Uint8Array> {
  async function* images() {
    for (const [height, width] of sizes) yield testImage(height, width);
  }
  return Buffer.concat(await quantize(model, images(), nativeRuntime, { scores: true, threads: 2 }));
}
