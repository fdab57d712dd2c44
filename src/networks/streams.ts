import { partOfInput } from '../data/input-config.ts';
import { fixed, type Graph, type Value } from '../engine/graph/graph.ts';
import { convolutionsOf, type Layer } from './backbones/layers.ts';
import type { ModelConfig } from './model-config.ts';
import { scoredLayers } from './skips.ts';

/** A network of several that see different channels of an image, and whose scores are averaged. */
export interface Stream {
  /** As in `color`; empty where there is one. */
  readonly name: string;
  /** What the names of its parameters and masks begin with: `color.`; nothing where there is one. */
  readonly prefix: string;
  /** The first of its channels and how many there are, in the network's order; undefined where it has all. */
  readonly channels: { readonly first: number; readonly count: number } | undefined;
}

/** The streams of a network: one, unless its configuration lists several. */
export function streamsOf({ streams }: Pick<ModelConfig, 'streams'>): Stream[] {
  if (!streams) return [{ name: '', prefix: '', channels: undefined }];
  let first = 0;
  return streams.map(({ name, channels: count }) => {
    const stream = { name, prefix: `${name}.`, channels: { first, count } };
    first += count;
    return stream;
  });
}

/** Emits a part of a stream, in a place of its own where there are several. */
export function withinStream<T>(graph: Graph, { name }: Pick<Stream, 'name'>, emit: () => T): T {
  return name === '' ? emit() : graph.within(name, emit);
}

/** What a stream sees of an image. @param image [N, C, H, W] */
export function channelsFor(graph: Graph, image: Value, { channels }: Stream): Value {
  if (!channels) return image;
  const { first, count } = channels;
  const [batch, , height, width] = image.shape;
  const range = [graph.int64([first]), graph.int64([first + count]), graph.int64([1])];
  const shape = [fixed(batch), count, height!, width!];
  return graph.emitValue('Slice', [image, ...range], {}, 'float32', shape);
}

/** The layers of the backbone that predict, those of all streams by the names that they have there. */
export function predictingLayers(
  config: Pick<ModelConfig, 'model' | 'fusion' | 'streams'>,
): readonly Layer[] {
  const layers = scoredLayers(config);
  if (!config.streams) return layers;
  return streamsOf(config).flatMap(({ prefix }) =>
    convolutionsOf(layers).map(({ name, normalization, ...layer }) => ({
      ...layer,
      name: prefix + name,
      normalization: normalization && prefix + normalization,
    })),
  );
}

/** The network that a stream is by itself. */
export function ofStream<C extends Partial<Pick<ModelConfig, 'streams' | 'input'>>>(
  { streams: _, input, ...rest }: C,
  { channels }: Stream,
) {
  const own = input && channels ? partOfInput(input, channels.first, channels.count) : input;
  return { ...rest, ...(own && { input: own }) };
}
