import type * as native from 'onnxruntime-node';
import type * as web from 'onnxruntime-web';
import { onTestFinished } from 'vitest';
import { channelsOf, type Image } from '../../../src/data/images/image.ts';

/** A published binding of ONNX Runtime, which knows nothing of ours. */
export type Binding = Pick<typeof native | typeof web, 'InferenceSession' | 'Tensor'>;

/** Loads a network as a file of ours, until the test ends. @returns its session, and what runs it on an image */
export async function loadPublished(
  { InferenceSession, Tensor }: Binding,
  provider: 'cpu' | 'wasm',
  model: Uint8Array,
) {
  // One thread, as several spin while they wait.
  const session = await InferenceSession.create(model, {
    executionProviders: [provider],
    intraOpNumThreads: 1,
  });
  onTestFinished(() => session.release());
  const run = (image: Image) => {
    const { data, height, width } = image;
    const shape = [1, height, width, channelsOf(image)];
    const pixels =
      data instanceof Uint8Array ? new Tensor('uint8', data, shape) : new Tensor('uint16', data, shape);
    return session.run({ image: pixels });
  };
  return { session, run };
}
