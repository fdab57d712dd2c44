import { backboneOf } from './backbones/backbones.ts';
import type { Layer } from './backbones/layers.ts';
import { farFieldOf } from './far-field.ts';
import type { Architecture } from './network.ts';
import { type MapShape, minimumSize, shapeAfter } from './sizes.ts';

/**
 * Elements of the largest two successive maps of the backbone, for an image: how much memory a network takes goes with
 * them. Of a padded backbone the center is counted, which is what is computed of its first stages (far-field.ts).
 */
export function largestMaps(
  { model, width }: Pick<Architecture, 'model' | 'width'>,
  image: { readonly height: number; readonly width: number },
): number {
  const { layers } = backboneOf(model);
  let largest = 0;
  const pass = (through: readonly Layer[], shape: MapShape): MapShape => {
    let before = elements(shape);
    return shapeAfter(through, shape, width, (_, result) => {
      largest = Math.max(largest, before + elements(result));
      before = elements(result);
    });
  };
  const field = farFieldOf(layers);
  if (!field) {
    const least = minimumSize(layers);
    pass(layers, [3, Math.max(least, image.height), Math.max(least, image.width)]);
    return largest;
  }
  let shape: MapShape = [3, image.height, image.width];
  for (const { layers: stage, before } of field.stages) {
    const [channels, height, columns] = shape;
    const unpadded = stage.map((layer) =>
      layer.kind === 'convolution' ? { ...layer, pad: [0, 0] as const } : layer,
    );
    shape = pass(unpadded, [channels, height + 2 * before, columns + 2 * before]);
  }
  const whole = (size: number) => Math.ceil((size + 2 * field.pad) / 2 ** field.stages.length);
  pass(field.rest, [shape[0], whole(image.height), whole(image.width)]);
  return largest;
}

function elements([channels, height, width]: MapShape): number {
  return channels * height * width;
}
