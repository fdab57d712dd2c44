import { type Edge, fixed, type Graph, type Value } from '../engine/graph/graph.ts';
import { surround } from '../engine/operators/enlarge.ts';
import { spatialSize } from '../engine/operators/layout.ts';
import { paste } from '../engine/operators/paste.ts';
import { repeatBorder } from '../engine/operators/repeat-border.ts';
import { stretch } from '../engine/operators/stretch.ts';
import type { Construction } from '../engine/parameters/parameter.ts';
import { alignmentOfExtended, imageAlignment } from './alignment.ts';
import type { FarField, FarFieldStage } from './far-field.ts';
import { buildFeatures, type FeatureMap, type FeatureOptions, type Features } from './features.ts';

/**
 * Emits a backbone that pads the image, its constant far field apart (far-field.ts). In `byLayer` are the poolings of the
 * stages and all layers behind the stages: whole maps, but of the stages before the last only what the next stage looks
 * at around the image.
 *
 * @param image [N, 3, H, W], without the pad
 */
export function buildPaddedFeatures(
  construction: Construction,
  field: FarField,
  image: Value,
  options: FeatureOptions,
): Features {
  const { graph } = construction;
  const last = field.stages.at(-1)!;
  const run: RunLayers = (layers, x) => buildFeatures(construction, layers, x, options).last;
  const { center, byLayer } = graph.within('center', () => buildCenter(graph, field, image, run));
  const blank = graph.within('blank', () => buildBlank(graph, field, image, run));
  const whole = {
    value: paste(graph, blank, center.value, { offset: last.start }),
    at: alignmentOfExtended(center.at, last.start),
  };
  const behind = buildFeatures(construction, field.rest, whole, options);
  return {
    last: behind.last,
    byLayer: new Map([...byLayer, [poolingOf(last), whole], ...behind.byLayer]),
  };
}

type RunLayers = (layers: FarFieldStage['layers'], x: FeatureMap) => FeatureMap;

/** What sees the image, without pads: instead, maps are extended by what surrounds them. */
function buildCenter(graph: Graph, { stages, pad }: FarField, image: Value, run: RunLayers) {
  const byLayer = new Map<string, FeatureMap>();
  let center: FeatureMap = { value: image, at: imageAlignment };
  // Where the center ends in the whole map, and what sees the image.
  let centerEnd = plus(graph, spatialSize(graph, image), pad);
  let imageEnd = centerEnd;
  for (const [index, stage] of stages.entries()) {
    const { layers, reach, shrinkage, before, ring } = stage;
    imageEnd = halfRoundedUp(graph, plus(graph, imageEnd, reach));
    const nextEnd = plus(graph, imageEnd, ring);
    const inputEnd = plus(graph, graph.emit('Mul', [nextEnd, graph.int64([2])]), reach + shrinkage);
    const after = graph.emit('Sub', [inputEnd, centerEnd]);
    const value =
      index === 0
        ? surround(graph, image, graph.int64([before, before]), after)
        : repeatBorder(graph, center.value, { before, after });
    const input = { value, at: alignmentOfExtended(center.at, before) };
    if (index > 0) byLayer.set(poolingOf(stages[index - 1]!), input);
    const bare = layers.map(withoutPad);
    center = graph.within(`stage${index + 1}`, () => run(bare, input));
    centerEnd = nextEnd;
  }
  return { center, byLayer };
}

/** The whole map of an image of zeros: small, its middle stretched before each stage to what the stage needs. */
function buildBlank(graph: Graph, { stages, pad }: FarField, image: Value, run: RunLayers): Value {
  const [first] = stages;
  let size = plus(graph, spatialSize(graph, image), 2 * pad - first!.shrinkage); // of the whole map
  let blank: Value | undefined;
  for (const [index, { layers, shrinkage, blankSize }] of stages.entries()) {
    const parity = graph.emit('Mod', [size, graph.int64([2])]);
    const inputSize = plus(graph, parity, blankSize + shrinkage);
    const value = blank
      ? stretch(graph, blank, { at: stages[index - 1]!.blankMiddle, size: inputSize })
      : zeros(graph, fixed(image.shape[1]), inputSize);
    const [front, ...others] = layers;
    const applied = index === 0 ? [withoutPad(front!), ...others] : layers;
    blank = graph.within(`stage${index + 1}`, () => run(applied, { value, at: imageAlignment }).value);
    size = halfRoundedUp(graph, size);
  }
  return stretch(graph, blank!, { at: stages.at(-1)!.blankMiddle, size });
}

function poolingOf({ layers }: FarFieldStage): string {
  return layers.at(-1)!.name;
}

function withoutPad(layer: FarFieldStage['layers'][number]): FarFieldStage['layers'][number] {
  return layer.kind === 'convolution' ? { ...layer, pad: [0, 0] } : layer;
}

function zeros(graph: Graph, channels: number, size: Edge): Value {
  const shape = graph.emit('Concat', [graph.int64([1, channels]), size], { axis: 0 });
  const unknown = [graph.unknownSize(), graph.unknownSize()];
  // Not ConstantOfShape: that stays on the CPU, and what computes with it alone would, too.
  return graph.emitValue('Expand', [graph.float32([0]), shape], {}, 'float32', [1, channels, ...unknown]);
}

function plus(graph: Graph, size: Edge, amount: number): Edge {
  return graph.emit('Add', [size, graph.int64([amount])]);
}

function halfRoundedUp(graph: Graph, size: Edge): Edge {
  return graph.emit('Div', [plus(graph, size, 1), graph.int64([2])]);
}
