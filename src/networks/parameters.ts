import { Graph } from '../engine/graph/graph.ts';
import type { Parameter } from '../engine/parameters/parameter.ts';
import { backboneOf } from './backbones/backbones.ts';
import type { Layer } from './backbones/layers.ts';
import { type Architecture, buildNetwork, channelCount } from './network.ts';
import { type MapShape, minimumSize, shapeAfter } from './sizes.ts';
import { scoredLayers } from './skips.ts';
import { streamsOf } from './streams.ts';

/** The parameters of a network, in the order of its layers: those that its weights files hold. */
export function parametersOf(architecture: Architecture): readonly Parameter[] {
  const graph = new Graph();
  const image = graph.input('image', 'float32', [1, channelCount(architecture), 'height', 'width']);
  return buildNetwork(graph, architecture, image, { normalization: () => 'running', auxiliary: true })
    .parameters;
}

/** Shapes of the dropout masks for images of a size, by input name (`drop6.mask`): [N, channels, h, w]. */
export function maskShapes(
  architecture: Pick<Architecture, 'model' | 'width' | 'auxiliary' | 'fusion' | 'streams'>,
  batch: number,
  imageHeight: number,
  imageWidth: number,
): Map<string, number[]> {
  const { model, width, auxiliary } = architecture;
  const layers = scoredLayers(architecture);
  const { auxiliary: second } = backboneOf(model);
  const least = minimumSize(layers);
  const shapes = new Map<string, number[]>();
  const size = [Math.max(least, imageHeight), Math.max(least, imageWidth)] as const;
  const ofStream = (prefix: string) => (layer: Layer, shape: MapShape) => {
    if (layer.kind === 'dropout') shapes.set(`${prefix}${layer.name}.mask`, [batch, ...shape]);
    if (auxiliary && layer.name === second?.reads) shapeAfter(second.layers, shape, width, ofStream(prefix));
  };
  for (const { prefix } of streamsOf(architecture)) {
    shapeAfter(layers, [3, ...size], width, ofStream(prefix));
  }
  return shapes;
}
