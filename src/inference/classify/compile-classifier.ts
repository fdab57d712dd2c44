import { encodeModel } from '../../engine/graph/encode.ts';
import { Graph } from '../../engine/graph/graph.ts';
import { convolution } from '../../engine/operators/convolution.ts';
import { globalAveragePooling } from '../../engine/operators/global-average-pooling.ts';
import { relu } from '../../engine/operators/relu.ts';
import { Construction, type Parameter } from '../../engine/parameters/parameter.ts';
import { imageAlignment } from '../../networks/alignment.ts';
import { backbones } from '../../networks/backbones/backbones.ts';
import { buildFeatures } from '../../networks/features.ts';
import type { BackboneName } from '../../networks/model-names.ts';
import { type MapShape, shapeAfter } from '../../networks/sizes.ts';

/** What makes a backbone the classifier again that it was. */
export interface ClassifierLayers {
  /** Layers that only the FCN has. */
  readonly added: readonly string[];
  /** What its last convolution is followed by. */
  readonly activation: 'relu' | 'none';
  /** Height and width of the images it was trained on. */
  readonly size: number;
}

/**
 * The classifiers that end in a convolution to classes and its average over the image (Iandola et al. 2016, table 1;
 * Sandler et al. 2018, table 2, and He et al. 2016, table 1, where the average comes first, which is the same).
 */
export const classifierLayers: Partial<Record<BackboneName, ClassifierLayers>> = {
  squeezenet: { added: ['pool9'], activation: 'relu', size: 227 },
  mobilenetv2: { added: [], activation: 'none', size: 224 },
  resnet50: { added: [], activation: 'none', size: 224 },
  resnet101: { added: [], activation: 'none', size: 224 },
};

export interface CompiledClassifier {
  readonly model: Uint8Array;
  readonly parameters: readonly Parameter[];
  /** [C, height, width] */
  readonly featureShape: MapShape;
}

/**
 * The graph of a classifier: `image` float32 [1, 3, size, size] (preprocessed), the backbone's parameters,
 * `classifier.weight` and `classifier.bias` go in; `features` float32 [1, C, height, width], the last before the classes,
 * and `logits` float32 [1, classes, 1, 1] come out.
 */
export function compileClassifier(
  backbone: BackboneName,
  { added, activation, size }: ClassifierLayers,
  width: number,
  numClasses: number,
): CompiledClassifier {
  const graph = new Graph();
  const image = graph.input('image', 'float32', [1, 3, size, size]);
  const layers = backbones[backbone].layers.filter(({ name }) => !added.includes(name));
  const start = { value: image, at: imageAlignment };
  const construction = new Construction(graph);
  const { last } = buildFeatures(construction, layers, start, { width });
  const featureShape = shapeAfter(layers, [3, size, size], width);
  const w = construction.parameter('classifier.weight', [numClasses, featureShape[0], 1, 1], 'zero');
  const b = construction.parameter('classifier.bias', [numClasses], 'zero');
  const classes = convolution(graph, last.value, w, b, { pad: 0 });
  const logits = globalAveragePooling(graph, activation === 'relu' ? relu(graph, classes) : classes);
  graph.output('features', last.value, 'float32', last.value.shape);
  graph.output('logits', logits, 'float32', logits.shape);
  return {
    model: encodeModel(graph, `${backbone} classifier`),
    parameters: construction.parameters,
    featureShape,
  };
}
