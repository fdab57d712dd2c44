import { Graph } from '../engine/graph/graph.ts';
import type { Parameter } from '../engine/parameters/parameter.ts';
import { backboneOf } from './backbones/backbones.ts';
import { type Architecture, buildNetwork } from './network.ts';
import { minimumSize, shapeAfter } from './sizes.ts';

/** The parameters of a network, in the order of its layers. */
export function parametersOf(architecture: Architecture): readonly Parameter[] {
  const graph = new Graph();
  const image = graph.input('image', 'float32', [1, 3, 'height', 'width']);
  return buildNetwork(graph, architecture, image).parameters;
}

/** Shapes of the dropout masks for images of a size, by input name (`drop6.mask`): [N, channels, h, w]. */
export function maskShapes(
  { model, width }: Pick<Architecture, 'model' | 'width'>,
  batch: number,
  imageHeight: number,
  imageWidth: number,
): Map<string, number[]> {
  const { layers } = backboneOf(model);
  const least = minimumSize(layers);
  const shapes = new Map<string, number[]>();
  const size = [Math.max(least, imageHeight), Math.max(least, imageWidth)] as const;
  shapeAfter(layers, [3, ...size], width, (layer, shape) => {
    if (layer.kind === 'dropout') shapes.set(`${layer.name}.mask`, [batch, ...shape]);
  });
  return shapes;
}
