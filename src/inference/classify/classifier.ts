import { availableParallelism } from 'node:os';
import { inputError } from '../../base/errors.ts';
import { allocate, type Tensor } from '../../base/tensor.ts';
import { toInput } from '../../data/batches/batch.ts';
import type { RgbImage } from '../../data/images/image.ts';
import { nativeRuntime } from '../../engine/runtimes/native/native-runtime.ts';
import type { SessionOptions } from '../../engine/runtimes/session.ts';
import { backbones } from '../../networks/backbones/backbones.ts';
import { foldNormalization } from '../../networks/fold-normalization.ts';
import { asModel } from '../../weights/as-model.ts';
import { titleOf } from '../../weights/backbone-titles.ts';
import type { Assumptions } from '../../weights/infer-config.ts';
import { readWeights } from '../../weights/read-weights.ts';
import { centerView } from './center-view.ts';
import { classifierLayers, compileClassifier } from './compile-classifier.ts';

export interface Classification {
  /** Probability of each class. */
  readonly probabilities: Float32Array;
  /** What the classes are told from: [1, C, height, width]. */
  readonly features: Tensor<'float32'>;
}

/** An ImageNet classifier that is ready to run. */
export interface Classifier {
  readonly numClasses: number;
  classify(image: RgbImage): Promise<Classification>;
  /** Frees the native memory. */
  release(): Promise<void>;
}

/**
 * Loads the classifier that a weights file holds, as it was before it became a backbone here.
 * @throws FcnError when the file holds none, or one without its last layer.
 */
export async function loadClassifier(
  file: string,
  options: SessionOptions = { threads: availableParallelism() },
  assumptions: Assumptions = {},
): Promise<Classifier> {
  const source = asModel(await readWeights(file), assumptions);
  const what = `weights ${file}`;
  if ('config' in source) {
    throw inputError(
      `${what}: got ${source.config.model}, expected a classifier; for an FCN use fcn predict`,
    );
  }
  const { backbone, width, input } = source;
  const layers = classifierLayers[backbone];
  if (!layers) {
    throw inputError(`${what}: got ${titleOf(backbone)}, expected SqueezeNet, MobileNetV2 or a ResNet`);
  }
  const folded = foldNormalization(backbones[backbone].layers, source.weights);
  const weights = new Map([...folded, ...[...source.classifier].map(asConvolution)]);
  const numClasses = weights.get('classifier.weight')?.shape[0] ?? 1000;
  const { model, parameters, featureShape } = compileClassifier(backbone, layers, width, numClasses);
  for (const { name, shape } of parameters) {
    const found = weights.get(name)?.shape;
    if (found?.join() === shape.join()) continue;
    const got = found ? `${name} [${found.join(', ')}]` : `no tensor ${name}`;
    throw inputError(
      `${what}: got ${got}, expected [${shape.join(', ')}] for the classifier; choose the whole ${titleOf(backbone)}`,
    );
  }
  for (const line of source.assumed) assumptions.onAssumed?.(line);
  const session = await nativeRuntime.createSession(model, options);
  const feeds = Object.fromEntries(weights);
  return {
    numClasses,
    classify: async (image) => {
      const features = allocate('float32', [1, ...featureShape]);
      const logits = allocate('float32', [1, numClasses, 1, 1]);
      const pixels = toInput(centerView(image, layers.size), input);
      await session.run({ ...feeds, image: pixels }, { features, logits });
      return { probabilities: softmax(logits.data), features };
    },
    release: () => session.release(),
  };
}

/** The matrix of a last layer that is fully connected, [O, C], as the convolution [O, C, 1, 1]. */
function asConvolution([name, tensor]: [string, Tensor<'float32'>]): [string, Tensor<'float32'>] {
  const { shape } = tensor;
  return [name, shape.length === 2 ? { ...tensor, shape: [...shape, 1, 1] } : tensor];
}

/** exp(x_i) / sum of exp(x_j), from the largest down so that nothing overflows. */
function softmax(logits: Float32Array): Float32Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return Float32Array.from(exponentials, (exponential) => exponential / sum);
}
