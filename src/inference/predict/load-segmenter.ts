import { allocate, reuse, type Tensor } from '../../base/tensor.ts';
import { checkImage, pixelTensor, toInput } from '../../data/batches/batch.ts';
import type { Image, LabelImage } from '../../data/images/image.ts';
import { resizeImage } from '../../data/transforms/resample.ts';
import type { Plan } from '../../engine/rewrites/plan.ts';
import type {
  BoundTensors,
  NamedTensors,
  Runtime,
  Session,
  SessionOptions,
} from '../../engine/runtimes/session.ts';
import { headsOf, scoresPerPixel } from '../../networks/class-heads.ts';
import { foldNormalization } from '../../networks/fold-normalization.ts';
import {
  compileInference,
  compileInferenceInParts,
  compilePackedInference,
  mostPacked,
} from '../../networks/graphs/inference.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { planOn } from '../../networks/plans.ts';
import { predictingLayers } from '../../networks/streams.ts';
import { hasWeightsOfEightBits, readExportedConfig } from '../../weights/exported-config.ts';
import { withScores } from '../../weights/exported-scores.ts';
import type { Model } from '../../weights/model.ts';
import { exactWeightBits } from '../exact-bits.ts';
import { classesOfScores, scoresOfHeads } from './heads.ts';
import { resizeScores } from './resize-scores.ts';
import { WeightsOnDevice } from './weights-on-device.ts';

export interface Size {
  readonly height: number;
  readonly width: number;
}

/** A network that is ready to segment images of any size. */
export interface Segmenter {
  readonly config: ModelConfig;
  /**
   * Score of each class at each pixel of the image, float32 [1, C, H, W]; of a network with several heads, those of one after the
   * other. With `size` the network sees the image
   * resized to it, and its scores are resized back to the image's size, both bilinearly.
   * @param memory of scores that are not needed any more; used for the result if it has the right size
   */
  scores(image: Image, size?: Size, memory?: Tensor<'float32'>): Promise<Tensor<'float32'>>;
  /** The class of highest score at each pixel, by the first head. @throws FcnError when a score is not a number. */
  segment(image: Image, size?: Size): Promise<LabelImage>;
  /** The same by each head: one class map, or several. @throws as `segment` */
  segmentHeads(image: Image, size?: Size): Promise<readonly LabelImage[]>;
  /** Frees the native memory. */
  release(): Promise<void>;
}

/** A network whose weights may change. */
export interface LiveSegmenter extends Segmenter {
  /** Takes over the weights as they are now, where a graphics processor has a copy of them. */
  refresh(): Promise<void>;
}

/** Weights for each image that will be segmented, up to which packing them takes less time than it saves. */
const weightsWorthPacking = 1e6;

export interface SegmenterOptions extends SessionOptions {
  /**
   * Images that will be segmented, about, while the weights stay as they are: these are packed where that pays. Default: the
   * weights may change, and are read at each call as they are then.
   */
  readonly images?: number | undefined;
  /** What computes the network; default: see plans.ts. */
  readonly plan?: Plan | undefined;
}

/**
 * Loads a network. The weights are used where they lie and, without `images`, as they are at each call: those of a training
 * that goes on meanwhile may be given, as long as nothing writes to them during a call. A graphics processor has a copy.
 */
export async function loadSegmenter(
  runtime: Runtime,
  { config, weights }: Model,
  { images = 0, plan: chosen, ...options }: SegmenterOptions,
): Promise<LiveSegmenter> {
  const plan = planOn(runtime, 'inference', chosen);
  if (runtime.device !== 'cpu') return loadOnDevice(runtime, { config, weights }, { ...options, plan });
  const layers = predictingLayers(config);
  const start = async (graph: Uint8Array, constants: NamedTensors, current: () => NamedTensors) => {
    const session = await runtime.createSession(graph, { ...options, constants });
    return { ...segmenterWith(session, config, current), refresh: async () => {} };
  };
  if (isWorthPacking(weights, images)) {
    const packed = compilePackedInference(config, foldNormalization(layers, weights), { plan });
    return start(packed.model, packed.constants, () => packed.inputs);
  }
  let folded: ReadonlyMap<string, Tensor<'float32'>> | undefined;
  return start(compileInference(config, { plan }), {}, () => {
    folded = foldNormalization(layers, weights, folded);
    return Object.fromEntries(folded);
  });
}

async function loadOnDevice(
  runtime: Runtime,
  { config, weights }: Model,
  { plan, ...options }: SessionOptions & { readonly plan: Plan },
): Promise<LiveSegmenter> {
  const { model, parts } = compileInferenceInParts(config, { plan });
  const session = await runtime.createSession(model, options);
  const layers = predictingLayers(config);
  const folded = foldNormalization(layers, weights);
  const copy = new WeightsOnDevice(session.memory!, folded, parts);
  const refresh = async () => {
    foldNormalization(layers, weights, folded);
    await copy.refresh();
  };
  await copy.refresh();
  return { ...segmenterWith(session, config, () => copy.inputs), refresh };
}

/** @param weights of the network as they are now, as inputs of its graph */
function segmenterWith(session: Session, config: ModelConfig, weights: () => BoundTensors): Segmenter {
  const spare = new Spare();
  const names = headsOf(config).map(({ suffix }) => `scores${suffix}`);
  return segmenterOn(session, config, async (image, scores) => {
    const input = toInput(image, config.input, spare.take());
    await session.run({ ...weights(), image: input }, outputsOf(names, config, scores));
    spare.leave(input);
  });
}

/** Packing takes about 40 ms for a million weights; it saves a tenth of VGG-16's time, and half of MobileNetV2's. */
function isWorthPacking(weights: Model['weights'], images: number): boolean {
  const packed = [...weights.values()].filter(({ data }) => data.length <= mostPacked);
  return packed.reduce((sum, { data }) => sum + data.length, 0) <= images * weightsWorthPacking;
}

/**
 * Loads a network that `fcn export` or `fcn quantize` wrote, in float32 or 8 bits, whose weights and preprocessing are inside.
 * @param bytes of the file; @param name of it, for messages
 * @throws FcnError when they are no such file
 */
export async function loadExported(
  runtime: Runtime,
  bytes: Uint8Array,
  name: string,
  options: SessionOptions,
): Promise<Segmenter> {
  const config = readExportedConfig(bytes, name);
  const { file, scores, isOfBytes } = withScores(bytes, name, config);
  // Where a score can be NaN, that has to be seen.
  const givesClasses = isOfBytes && file !== bytes;
  const exactIntegers = hasWeightsOfEightBits(bytes, name) && (await needsExactKernels(runtime));
  const start = (model: Uint8Array) => runtime.createSession(model, { ...options, exactIntegers });
  let session = await start(givesClasses ? bytes : file);
  // A runtime computes every result of a file, so the scores are one only from when they are asked for.
  let scoring: Promise<void> | undefined;
  const startScoring = async () => {
    const before = session;
    session = await start(file);
    await before.release();
  };
  const run = async (image: Image, output: Tensor<'float32'>) => {
    checkImage(image, config.input);
    if (givesClasses) await (scoring ??= startScoring());
    await session.run({ image: pixelTensor(image) }, outputsOf(scores, config, output));
  };
  const segmenter = segmenterOn({ release: () => session.release() }, config, run);
  if (!givesClasses) return segmenter;
  const segmentHeads: Segmenter['segmentHeads'] = async (image, size = image) => {
    const { height, width } = image;
    if (scoring || size.height !== height || size.width !== width) return segmenter.segmentHeads(image, size);
    checkImage(image, config.input);
    const classes = headsOf(config).map(
      ({ suffix }) => [`classes${suffix}`, allocate('uint8', [1, height, width])] as const,
    );
    await session.run({ image: pixelTensor(image) }, Object.fromEntries(classes));
    return classes.map(([, { data }]) => ({ height, width, data }));
  };
  return {
    ...segmenter,
    segmentHeads,
    segment: async (image, size) => (await segmentHeads(image, size))[0]!,
  };
}

/** Scores of all heads as the outputs of a graph. */
function outputsOf(names: readonly string[], config: ModelConfig, scores: Tensor<'float32'>): NamedTensors {
  return Object.fromEntries(scoresOfHeads(config, scores).map((own, i) => [names[i]!, own]));
}

/** Exact kernels are slow, so the CPU uses them only where its usual ones are wrong. WebAssembly's are right. */
async function needsExactKernels(runtime: Runtime): Promise<boolean> {
  if (runtime.isWebAssembly) return false;
  return runtime.device !== 'cpu' || (await exactWeightBits(runtime)) === 7;
}

/** @param run passes an image through the network, which writes the scores at the image's size */
function segmenterOn(
  session: Pick<Session, 'release'>,
  config: ModelConfig,
  run: (image: Image, scores: Tensor<'float32'>) => Promise<void>,
): Segmenter {
  const scoresAtSize = async (image: Image, size: Size, memory: Tensor<'float32'> | undefined) => {
    const output = reuse(memory, [1, scoresPerPixel(config), size.height, size.width]);
    await run(resizeImage(image, size.height, size.width), output);
    return output;
  };
  const scores = async (image: Image, size: Size = image, memory?: Tensor<'float32'>) =>
    resizeScores(await scoresAtSize(image, size, memory), image.height, image.width);

  const reduced = new Spare();
  const segmentHeads = async (image: Image, size: Size = image) => {
    const output = await scoresAtSize(image, size, reduced.take());
    const classes = classesOfScores(config, resizeScores(output, image.height, image.width));
    reduced.leave(output);
    return classes;
  };
  const segment: Segmenter['segment'] = async (image, size) => (await segmentHeads(image, size))[0]!;
  return { config, scores, segment, segmentHeads, release: () => session.release() };
}

/** A tensor that has served, whose memory the next one may take: new memory is slow, and is freed late. */
class Spare {
  #tensor: Tensor<'float32'> | undefined;

  /** Nobody else has it until it is left again. */
  take(): Tensor<'float32'> | undefined {
    const tensor = this.#tensor;
    this.#tensor = undefined;
    return tensor;
  }

  leave(tensor: Tensor<'float32'>): void {
    this.#tensor = tensor;
  }
}
