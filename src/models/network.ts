import type { ModelConfig } from '../config/model-config.ts';
import type { ModelName } from '../config/model-names.ts';
import { fixed, type Graph, type Value } from '../graph/graph.ts';
import { add, scale } from '../ops/arithmetic.ts';
import { convolution } from '../ops/convolution.ts';
import { crop } from '../ops/crop.ts';
import { deconvolution } from '../ops/deconvolution.ts';
import { dropout } from '../ops/dropout.ts';
import { maxPooling } from '../ops/max-pooling.ts';
import { relu } from '../ops/relu.ts';
import {
  type Alignment,
  alignmentAfter,
  alignmentAfterDeconvolution,
  cropOffset,
  imageAlignment,
} from './alignment.ts';
import { vgg16 } from './vgg16.ts';

/** How a parameter starts when no weights are given: He-normal, zero, or bilinear interpolation. */
export type Initialization = 'he-normal' | 'zero' | 'bilinear';

export interface Parameter {
  /** `NAME.weight` or `NAME.bias`, with the layer names of the reference implementation. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialization: Initialization;
  /** False for deconvolutions that stay bilinear. */
  readonly learned: boolean;
  readonly value: Value;
}

export interface Network {
  /** Scores of every class at every pixel, at the size of the image: [N, classes, H, W]. */
  readonly scores: Value;
  readonly parameters: readonly Parameter[];
}

/** What decides the shape of a network. */
export type Architecture = Pick<ModelConfig, 'model' | 'numClasses' | 'width' | 'deconvolution'>;

/** What each network reads besides the last features, coarse to fine, and the factors applied there. */
const skipFactors: Record<ModelName, { stride16?: number; stride8?: number }> = {
  fcn32s: {},
  fcn16s: { stride16: 1 },
  fcn8s: { stride16: 1, stride8: 1 },
  'fcn8s-atonce': { stride16: 0.01, stride8: 0.0001 },
};

/** The factor by which a network scales what a score layer reads, 1 for layers other than those of the skips. */
export function skipFactor(model: ModelName, layer: string): number {
  const { stride16 = 1, stride8 = 1 } = skipFactors[model];
  if (layer === `score_${vgg16.skips.stride16}`) return stride16;
  return layer === `score_${vgg16.skips.stride8}` ? stride8 : 1;
}

/**
 * Emits FCN-32s, 16s or 8s on VGG-16 (Long et al. 2015, figure 3; layers and offsets of the reference implementation).
 *
 * @param image float32 [N, 3, height, width], preprocessed
 * @param dropoutRate of fc6 and fc7; 0 for evaluation, else a mask is an input for each: `drop6.mask` (see maskShapes)
 */
export function buildNetwork(
  graph: Graph,
  architecture: Architecture,
  image: Value,
  dropoutRate = 0,
): Network {
  const { model, numClasses, width, deconvolution: deconvolutions } = architecture;
  const parameters: Parameter[] = [];

  const parameter = (name: string, shape: number[], initialization: Initialization, learned = true) => {
    const value = graph.input(name, 'float32', shape);
    parameters.push({ name, shape, initialization, learned, value });
    return value;
  };
  const convolve = (x: Map2d, name: string, size: ConvolutionSize, initialization: Initialization): Map2d => {
    const { channels, kernel, pad } = size;
    const w = parameter(
      `${name}.weight`,
      [channels, fixed(x.value.shape[1]), kernel, kernel],
      initialization,
    );
    const b = parameter(`${name}.bias`, [channels], 'zero');
    const value = convolution(graph, x.value, w, b, { pad });
    return { value, at: alignmentAfter({ kind: 'convolution', name, ...size }, x.at) };
  };
  const score = (x: Map2d, name: string) =>
    convolve(x, name, { channels: numClasses, kernel: 1, pad: 0 }, 'zero');
  const upsample = (x: Map2d, name: string, factor: number, final = false): Map2d => {
    const kernel = 2 * factor;
    const shape = [numClasses, numClasses, kernel, kernel];
    const learned = deconvolutions === 'learned' || (deconvolutions === 'final-fixed' && !final);
    const w = parameter(`${name}.weight`, shape, 'bilinear', learned);
    const value = deconvolution(graph, x.value, w, { stride: factor });
    return { value, at: alignmentAfterDeconvolution(kernel, factor, x.at) };
  };
  const cropTo = (x: Map2d, reference: Map2d): Map2d => ({
    value: crop(graph, x.value, reference.value, { offset: cropOffset(x.at, reference.at) }),
    at: reference.at,
  });
  /** Adds the scores of a finer layer, which is larger all around, to those of a coarser one. */
  const fuse = (coarse: Map2d, fine: Map2d, name: string, factor: number): Map2d => {
    const scaled = factor === 1 ? fine : { ...fine, value: scale(graph, fine.value, factor) };
    const skip = cropTo(score(scaled, name), coarse);
    return { value: add(graph, coarse.value, skip.value), at: coarse.at };
  };

  let x: Map2d = { value: image, at: imageAlignment };
  const pooled = new Map<string, Map2d>();
  for (const layer of vgg16.layers) {
    switch (layer.kind) {
      case 'convolution': {
        const channels = scaledChannels(layer.channels, width);
        const { value, at } = convolve(x, layer.name, { ...layer, channels }, 'he-normal');
        x = { value: relu(graph, value), at };
        break;
      }
      case 'pooling':
        x = { value: maxPooling(graph, x.value), at: alignmentAfter(layer, x.at) };
        pooled.set(layer.name, x);
        break;
      case 'dropout':
        if (dropoutRate > 0) {
          const mask = graph.input(`${layer.name}.mask`, 'uint8', x.value.shape);
          x = { value: dropout(graph, x.value, mask, { rate: dropoutRate }), at: x.at };
        }
        break;
    }
  }

  const { stride16, stride8 } = skipFactors[model];
  let fused = score(x, 'score_fr');
  if (stride16 === undefined) {
    fused = upsample(fused, 'upscore', 32, true);
  } else {
    fused = upsample(fused, 'upscore2', 2);
    fused = fuse(fused, pooled.get(vgg16.skips.stride16)!, 'score_pool4', stride16);
    if (stride8 === undefined) {
      fused = upsample(fused, 'upscore16', 16, true);
    } else {
      fused = upsample(fused, 'upscore_pool4', 2);
      fused = fuse(fused, pooled.get(vgg16.skips.stride8)!, 'score_pool3', stride8);
      fused = upsample(fused, 'upscore8', 8, true);
    }
  }
  const scores = cropTo(fused, { value: image, at: imageAlignment }).value;
  return { scores, parameters };
}

/** Channels of a hidden layer in a network of the given width. */
export function scaledChannels(channels: number, width: number): number {
  return Math.max(1, Math.round(channels * width));
}

interface ConvolutionSize {
  readonly channels: number;
  readonly kernel: number;
  readonly pad: number;
}

/** A feature map and where its pixels lie in the image. */
interface Map2d {
  readonly value: Value;
  readonly at: Alignment;
}
