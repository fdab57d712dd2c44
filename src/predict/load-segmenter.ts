import { compileInference } from '../compile/inference.ts';
import type { ModelConfig } from '../config/model-config.ts';
import { toInput } from '../data/batch.ts';
import type { LabelImage, RgbImage } from '../images/image.ts';
import type { Runtime, SessionOptions } from '../runtime/session.ts';
import { allocate, type Tensor } from '../tensor.ts';
import { resizeImage } from '../transforms/resample.ts';
import type { Model } from '../weights/model.ts';
import { argmax } from './argmax.ts';
import { resizeScores } from './resize-scores.ts';

export interface Size {
  readonly height: number;
  readonly width: number;
}

/** A network that is ready to segment images of any size. */
export interface Segmenter {
  readonly config: ModelConfig;
  /**
   * Score of each class at each pixel of the image, float32 [1, C, H, W]. With `size` the network sees the image
   * resized to it, and its scores are resized back to the image's size, both bilinearly.
   */
  scores(image: RgbImage, size?: Size): Promise<Tensor<'float32'>>;
  /** The class of highest score at each pixel. @throws FcnError when a score is not a number. */
  segment(image: RgbImage, size?: Size): Promise<LabelImage>;
  /** Frees the native memory. */
  release(): Promise<void>;
}

/**
 * Loads a network. The weights are used where they lie and as they are at each call, not copied: those of a training
 * that goes on meanwhile may be given, as long as nothing writes to them during a call.
 */
export async function loadSegmenter(
  runtime: Runtime,
  { config, weights }: Model,
  options: SessionOptions,
): Promise<Segmenter> {
  const session = await runtime.createSession(compileInference(config), options);

  const scores = async (image: RgbImage, size: Size = image) => {
    const input = toInput(resizeImage(image, size.height, size.width), config.input);
    const output = allocate('float32', [1, config.numClasses, size.height, size.width]);
    await session.run({ ...Object.fromEntries(weights), image: input }, { scores: output });
    return resizeScores(output, image.height, image.width);
  };

  return {
    config,
    scores,
    segment: async (image, size) => argmax(await scores(image, size)),
    release: () => session.release(),
  };
}
