/** Pixels of zeros before (above, left of) and after (below, right of) a map. */
export type Padding = readonly [before: number, after: number];

/** A convolution, its activation included. `channels` are those of the full-width network. */
export interface ConvolutionLayer {
  readonly kind: 'convolution';
  readonly name: string;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  /** Pixels from one entry of a kernel to the next. */
  readonly dilation: number;
  readonly pad: Padding;
  /** Groups of channels that do not see each other; `depthwise`: each channel is one, as many go out as come in. */
  readonly groups: number | 'depthwise';
  readonly activation: 'relu' | 'relu6' | 'none';
  /** How the weights start when none are given. */
  readonly initialization: 'he-normal' | 'lecun-normal' | 'zero';
}

/** Max pooling, sizes rounded up. */
export interface PoolingLayer {
  readonly kind: 'pooling';
  readonly name: string;
  readonly kernel: number;
  readonly stride: number;
}

export type Layer =
  | ConvolutionLayer
  | PoolingLayer
  /** Local response normalization over `size` neighboring channels (Krizhevsky et al. 2012, section 3.3). */
  | {
      readonly kind: 'normalization';
      readonly name: string;
      readonly size: number;
      readonly alpha: number;
      readonly beta: number;
    }
  | { readonly kind: 'dropout'; readonly name: string }
  /** Several ways from one input, their results stacked along the channels. */
  | { readonly kind: 'branches'; readonly name: string; readonly branches: readonly (readonly Layer[])[] }
  /** x + layers(x). */
  | { readonly kind: 'residual'; readonly name: string; readonly layers: readonly Layer[] };

/** A classifier made convolutional, up to the features that its score layer sees. */
export interface BackboneLayers {
  readonly layers: readonly Layer[];
  /** The layers whose results the skips read: stride 16 for FCN-16s and FCN-8s, stride 8 for FCN-8s. */
  readonly skips?: { readonly stride16: string; readonly stride8: string };
  /**
   * How score maps come to reach beyond the image, so that there is something to interpolate at its edge: the first layer
   * pads the image by 100 pixels, as in the papers, or each score map repeats its border before it is upsampled.
   */
  readonly margin: 'padded-image' | 'repeated-border';
}

type ConvolutionOptions = Partial<
  Pick<ConvolutionLayer, 'stride' | 'dilation' | 'groups' | 'activation' | 'initialization'>
> & {
  readonly pad?: number | Padding;
};

/** A convolution of stride 1 with a rectified linear unit behind it, unless the options say otherwise. */
export function convolutionLayer(
  name: string,
  channels: number,
  kernel: number,
  { pad = 0, ...options }: ConvolutionOptions = {},
): ConvolutionLayer {
  return {
    ...{ kind: 'convolution', name, channels, kernel, stride: 1, dilation: 1, groups: 1, activation: 'relu' },
    initialization: options.activation === 'none' ? 'lecun-normal' : 'he-normal',
    ...options,
    pad: typeof pad === 'number' ? [pad, pad] : pad,
  };
}

export function poolingLayer(name: string, kernel: number, stride: number): PoolingLayer {
  return { kind: 'pooling', name, kernel, stride };
}

/** Pixels from the first that a window sees to the last, both included. */
export function extentOf({ kernel, dilation = 1 }: { kernel: number; dilation?: number }): number {
  return dilation * (kernel - 1) + 1;
}

/** All convolutions of a backbone, in the order of the data. */
export function convolutionsOf(layers: readonly Layer[]): ConvolutionLayer[] {
  return layers.flatMap((layer) => {
    if (layer.kind === 'convolution') return [layer];
    if (layer.kind === 'residual') return convolutionsOf(layer.layers);
    return layer.kind === 'branches' ? layer.branches.flatMap(convolutionsOf) : [];
  });
}

/** Channels of a hidden layer in a network of the given width. */
export function scaledChannels(channels: number, width: number): number {
  return Math.max(1, Math.round(channels * width));
}
