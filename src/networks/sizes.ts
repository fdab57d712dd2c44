import { type Layer, scaledChannels } from './backbones/layers.ts';

/** Channels, height and width of a feature map. */
export type MapShape = readonly [channels: number, height: number, width: number];

/**
 * The shape of what layers make of a map, in a network of the given width.
 * @param visit sees every layer with the shape of its result.
 */
export function shapeAfter(
  layers: readonly Layer[],
  shape: MapShape,
  width: number,
  visit: (layer: Layer, shape: MapShape) => void = () => {},
): MapShape {
  return layers.reduce((before, layer) => {
    const after = shapeAfterLayer(layer, before, width, visit);
    visit(layer, after);
    return after;
  }, shape);
}

function shapeAfterLayer(
  layer: Layer,
  [channels, height, columns]: MapShape,
  width: number,
  visit: (layer: Layer, shape: MapShape) => void,
): MapShape {
  const shape: MapShape = [channels, height, columns];
  switch (layer.kind) {
    case 'convolution': {
      const { kernel, stride, dilation, pad } = layer;
      const lost = dilation * (kernel - 1) - pad[0] - pad[1];
      const after = (size: number) => Math.floor((size - 1 - lost) / stride) + 1;
      return [scaledChannels(layer.channels, width), after(height), after(columns)];
    }
    case 'pooling': {
      const { kernel, stride, pad } = layer;
      const round = pad > 0 ? Math.floor : Math.ceil;
      const after = (size: number) => round((size + 2 * pad - kernel) / stride) + 1;
      return [channels, after(height), after(columns)];
    }
    case 'branches': {
      const results = layer.branches.map((branch) => shapeAfter(branch, shape, width, visit));
      const [, ...size] = results[0]!;
      return [results.reduce((sum, [each]) => sum + each, 0), ...size];
    }
    case 'residual':
      if (layer.shortcut) shapeAfter([layer.shortcut], shape, width, visit);
      return shapeAfter(layer.layers, shape, width, visit);
    case 'normalization':
    case 'dropout':
      return shape;
  }
}

/** The least height and width of an image of which every layer still makes something. */
export function minimumSize(layers: readonly Layer[]): number {
  for (let size = 1; ; size++) {
    let least = size;
    shapeAfter(layers, [3, size, size], 1, (_, [, height]) => {
      least = Math.min(least, height);
    });
    if (least >= 1) return size;
  }
}
