import { sizeOf } from '../../base/tensor.ts';
import { backboneOf } from '../../networks/backbones/backbones.ts';
import type { Architecture } from '../../networks/network.ts';
import { parametersOf } from '../../networks/parameters.ts';
import { minimumSize, shapeAfter } from '../../networks/sizes.ts';

/** Height and width of a map. */
type MapSize = readonly [number, number];

/**
 * Multiplications of a forward pass for one image of a size: those of its convolutions and deconvolutions, as the layers
 * state them. What a program leaves out because it knows the result, such as most of the papers' padding, is counted.
 */
export function multiplicationsOf(architecture: Architecture, height: number, width: number): number {
  return layerWork(architecture, height, width).reduce(
    (sum, { multiplications }) => sum + multiplications,
    0,
  );
}

/** What a layer with weights does for one image. */
export interface LayerWork {
  readonly name: string;
  readonly multiplications: number;
  /** Of its weights, and of the maps that it reads and writes, in float32. */
  readonly bytes: number;
}

/** The work of each layer that has weights, in their order. */
export function layerWork(architecture: Architecture, height: number, width: number): LayerWork[] {
  const { layers, skips, margin } = backboneOf(architecture.model);
  const weights = new Map(parametersOf(architecture).map(({ name, shape }) => [name, shape]));
  const least = minimumSize(layers);
  const sizes = new Map<string, MapSize>();
  const works: LayerWork[] = [];

  /** A layer whose kernel is applied at every pixel of a map: its result for a convolution, else what goes in. */
  const apply = (name: string, size: MapSize) => {
    const shape = weights.get(`${name}.weight`)!;
    const [channels = 1, others = 1] = shape;
    works.push({
      name,
      multiplications: sizeOf(size) * sizeOf(shape),
      bytes: 4 * (sizeOf(shape) + sizeOf(size) * (channels + others)),
    });
  };
  const upsample = (name: string, [h, w]: MapSize, factor: number): MapSize => {
    const border = margin === 'repeated-border' ? 2 : 0;
    const kernel = weights.get(`${name}.weight`)!.at(-1)!;
    apply(name, [h + border, w + border]);
    const after = (size: number) => (size + border - 1) * factor + kernel;
    return [after(h), after(w)];
  };
  const fuse = (coarse: MapSize, skip: string): MapSize => {
    const fine = sizes.get(skip)!;
    apply(`score_${skip}`, fine);
    return [Math.min(coarse[0], fine[0]), Math.min(coarse[1], fine[1])];
  };

  const image = [3, Math.max(least, height), Math.max(least, width)] as const;
  const [, ...last] = shapeAfter(layers, image, architecture.width, (layer, [, ...size]) => {
    sizes.set(layer.name, size);
    if (layer.kind === 'convolution') apply(layer.name, size);
  });
  apply('score_fr', last);
  if (margin === 'resized') return works;
  if (weights.has('upscore.weight')) {
    upsample('upscore', last, 32);
    return works;
  }
  const at16 = fuse(upsample('upscore2', last, 2), skips!.stride16);
  if (weights.has('upscore16.weight')) {
    upsample('upscore16', at16, 16);
    return works;
  }
  const at8 = fuse(upsample(`upscore_${skips!.stride16}`, at16, 2), skips!.stride8);
  upsample('upscore8', at8, 8);
  return works;
}
