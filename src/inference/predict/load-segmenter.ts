import { allocate, type Tensor } from '../../base/tensor.ts';
import { checkImage, pixelTensor, toInput } from '../../data/batches/batch.ts';
import type { Image } from '../../data/images/image.ts';
import { isBilinear } from '../../engine/parameters/initialize.ts';
import type { Plan } from '../../engine/rewrites/plan.ts';
import { kernelsByLines } from '../../engine/rewrites/winograd/lines.ts';
import type {
  BoundTensors,
  NamedTensors,
  Runtime,
  Session,
  SessionOptions,
} from '../../engine/runtimes/session.ts';
import { headsOf } from '../../networks/class-heads.ts';
import { foldNormalization } from '../../networks/fold-normalization.ts';
import {
  type CompiledInference,
  compileInferenceInParts,
  compilePackedInference,
  mostPacked,
} from '../../networks/graphs/inference.ts';
import type { ModelConfig } from '../../networks/model-config.ts';
import { planOn } from '../../networks/plans.ts';
import { predictingLayers } from '../../networks/streams.ts';
import { readExportedConfig } from '../../weights/exported-config.ts';
import { withScores } from '../../weights/exported-scores.ts';
import { hasWeightsOfEightBits } from '../../weights/exported-weight-bits.ts';
import type { Model } from '../../weights/model.ts';
import { exactWeightBits } from '../exact-bits.ts';
import { coarsely } from './coarse-run.ts';
import { scoresOfHeads } from './heads.ts';
import { type Segmenter, segmenterOn } from './segmenter-on.ts';
import { Spare } from './spare.ts';
import { WeightsOnDevice } from './weights-on-device.ts';

export type { Segmenter, Size } from './segmenter-on.ts';

/** A network whose weights may change. */
export interface LiveSegmenter extends Segmenter {
  /** Takes over the weights as they are now, where a graphics processor has a copy of them. */
  refresh(): Promise<void>;
}

/** Weights for each image that will be segmented, up to which packing them takes less time than it saves. */
const weightsWorthPacking = 1e6;

/** Images from which on it pays to compute the factors of fc6: 1.1 to 1.8 s, for 0.1 s of each image of 500x375, less of small ones. */
const imagesWorthLines = 64;

export interface SegmenterOptions extends SessionOptions {
  /**
   * Images that will be segmented, about, while the weights stay as they are: these are packed where that pays. Default: the
   * weights may change, and are read at each call as they are then.
   */
  readonly images?: number | undefined;
  /**
   * Takes the memory of weights back that are needed no more. To be given where nobody else has the weights. Default: they stay where they
   * are, and are used as they are.
   */
  readonly giveBack?: ((weights: Float32Array) => void) | undefined;
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
  { images = 0, plan: chosen, giveBack, ...options }: SegmenterOptions,
): Promise<LiveSegmenter> {
  const plan = planOn(runtime, 'inference', chosen);
  if (runtime.device !== 'cpu')
    return loadOnDevice(runtime, { config, weights }, { ...options, images, plan });
  const layers = predictingLayers(config);
  const compiling = { plan, ...coarseWhereBilinear(weights, images) };
  const start = async (graph: CompiledInference, constants: NamedTensors, current: () => NamedTensors) => {
    const session = await runtime.createSession(graph.model, { ...options, constants });
    return { ...segmenterWith(session, config, graph, current), refresh: async () => {} };
  };
  if (isWorthPacking(weights, images)) {
    const folded = foldNormalization(layers, weights);
    const isWorthLines = giveBack && images >= imagesWorthLines;
    const lines = isWorthLines ? plan.lines : false;
    const packed = compilePackedInference(config, folded, { ...compiling, plan: { ...plan, lines } });
    const inputs: Record<string, Tensor> = { ...packed.inputs };
    const known = new Map<Float32Array, Tensor>(); // streams may share their kernels
    for (const { name, of } of packed.lines) {
      const kernels = folded.get(of)!;
      inputs[name] = known.get(kernels.data) ?? (await kernelsByLines(kernels, giveBack!));
      known.set(kernels.data, inputs[name]);
    }
    return start(packed, packed.constants, () => inputs);
  }
  let folded: ReadonlyMap<string, Tensor<'float32'>> | undefined;
  return start(compileInferenceInParts(config, compiling), {}, () => {
    folded = foldNormalization(layers, weights, folded);
    return Object.fromEntries(folded);
  });
}

/** Scores that are interpolated leave the graph before that. Weights that may change are taken for bilinear if they do not learn. */
function coarseWhereBilinear(weights: Model['weights'], images: number) {
  return {
    coarse: true,
    isBilinear: (name: string, learned: boolean) =>
      (images > 0 || !learned) && isBilinear(weights.get(name)!),
  };
}

async function loadOnDevice(
  runtime: Runtime,
  { config, weights }: Model,
  { plan, images, ...options }: SessionOptions & { readonly plan: Plan; readonly images: number },
): Promise<LiveSegmenter> {
  const graph = compileInferenceInParts(config, { plan, ...coarseWhereBilinear(weights, images) });
  const session = await runtime.createSession(graph.model, options);
  const layers = predictingLayers(config);
  const folded = foldNormalization(layers, weights);
  const copy = new WeightsOnDevice(session.memory!, folded, graph.parts);
  const refresh = async () => {
    foldNormalization(layers, weights, folded);
    await copy.refresh();
  };
  await copy.refresh();
  return { ...segmenterWith(session, config, graph, () => copy.inputs), refresh };
}

/** @param weights of the network as they are now, as inputs of its graph */
function segmenterWith(
  session: Session,
  config: ModelConfig,
  { grids }: Pick<CompiledInference, 'grids'>,
  weights: () => BoundTensors,
): Segmenter {
  const spare = new Spare();
  const names = headsOf(config).map(({ suffix }) => `scores${suffix}`);
  const run = async (image: Image, outputs: readonly Tensor<'float32'>[]) => {
    const input = toInput(image, config.input, spare.take());
    await session.run({ ...weights(), image: input }, namedBy(names, outputs));
    spare.leave(input);
  };
  const whole = {
    scores: (image: Image, scores: Tensor<'float32'>) => run(image, scoresOfHeads(config, scores)),
  };
  const isCoarse = grids.every((grid) => grid !== undefined);
  return segmenterOn(session, config, isCoarse ? coarsely(config, grids, run) : whole);
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
    await session.run({ image: pixelTensor(image) }, namedBy(scores, scoresOfHeads(config, output)));
  };
  const segmenter = segmenterOn({ release: () => session.release() }, config, { scores: run });
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

function namedBy(names: readonly string[], tensors: readonly Tensor[]): NamedTensors {
  return Object.fromEntries(tensors.map((tensor, i) => [names[i]!, tensor]));
}

/** Exact kernels are slow, so the CPU uses them only where its usual ones are wrong. WebAssembly's are right. */
async function needsExactKernels(runtime: Runtime): Promise<boolean> {
  if (runtime.isWebAssembly) return false;
  return runtime.device !== 'cpu' || (await exactWeightBits(runtime)) === 7;
}
