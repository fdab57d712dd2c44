/**
 * A layer of a backbone. Convolutions have stride 1 and a rectified linear unit behind them; pooling is 2x2 with
 * stride 2, sizes rounded up. `channels` are those of the full-width network.
 */
export type Layer =
  | {
      readonly kind: 'convolution';
      readonly name: string;
      readonly channels: number;
      readonly kernel: number;
      readonly pad: number;
    }
  | { readonly kind: 'pooling'; readonly name: string }
  | { readonly kind: 'dropout'; readonly name: string };

/** A classifier made convolutional, up to the features that its score layer sees. */
export interface BackboneLayers {
  readonly layers: readonly Layer[];
  /** The poolings whose results the skips read, finest first: pool3 for FCN-8s, pool4 for FCN-16s and FCN-8s. */
  readonly skips: { readonly stride8: string; readonly stride16: string };
}

/** Height (or width) of a layer's result from that of its input. */
export function outputSize(layer: Layer, size: number): number {
  switch (layer.kind) {
    case 'convolution':
      return size + 2 * layer.pad - layer.kernel + 1;
    case 'pooling':
      return Math.ceil(size / 2);
    case 'dropout':
      return size;
  }
}
