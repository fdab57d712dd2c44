import type * as native from 'onnxruntime-node';
import type * as web from 'onnxruntime-web';
import { onTestFinished } from 'vitest';
import type { RgbImage } from '../../../src/data/images/image.ts';

/** A published binding of ONNX Runtime, which knows nothing of ours. */
export type Binding = Pick<typeof native | typeof web, 'InferenceSession' | 'Tensor'>;

/** Loads a network as a file of ours, until the test ends. @returns its session, and what runs it on an image */
export async function loadPublished(
  { InferenceSession, Tensor }: Binding,
  provider: 'cpu' | 'wasm',
  model: Uint8Array,
) {
  const session = await InferenceSession.create(model, { executionProviders: [provider] });
  onTestFinished(() => session.release());
  const run = ({ data, height, width }: RgbImage) =>
    session.run({ image: new Tensor('uint8', data, [1, height, width, 3]) });
  return { session, run };
}
