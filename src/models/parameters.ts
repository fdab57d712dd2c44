import { Graph } from '../graph/graph.ts';
import { outputSize } from './layers.ts';
import { type Architecture, buildNetwork, type Parameter, scaledChannels } from './network.ts';
import { vgg16 } from './vgg16.ts';

/** The parameters of a network, in the order of its layers. */
export function parametersOf(architecture: Architecture): readonly Parameter[] {
  const graph = new Graph();
  const image = graph.input('image', 'float32', [1, 3, 'height', 'width']);
  return buildNetwork(graph, architecture, image).parameters;
}

/** Shapes of the dropout masks for images of a size, by input name (`drop6.mask`): [N, channels, h, w]. */
export function maskShapes(
  width: number,
  batch: number,
  imageHeight: number,
  imageWidth: number,
): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  let shape = [batch, 3, imageHeight, imageWidth] as [number, number, number, number];
  for (const layer of vgg16.layers) {
    const [n, channels, h, w] = shape;
    const channelsOut = layer.kind === 'convolution' ? scaledChannels(layer.channels, width) : channels;
    shape = [n, channelsOut, outputSize(layer, h), outputSize(layer, w)];
    if (layer.kind === 'dropout') shapes.set(`${layer.name}.mask`, shape);
  }
  return shapes;
}
