/** Pixels of zeros before (above, left of) and after (below, right of) a map. */
export type Padding = readonly [before: number, after: number];

/** A convolution, its activation included. `channels` are those of the full-width network. */
export interface ConvolutionLayer {
  readonly kind: 'convolution';
  readonly name: string;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: Padding;
  /** Groups of channels that do not see each other; `depthwise`: each channel is one, as many go out as come in. */
  readonly groups: number | 'depthwise';
  /** Pixels from one element of a kernel to the next. */
  readonly dilation: number;
  /** The batch normalization between it and its activation, by name; it has no bias then. */
  readonly normalization?: string | undefined;
  readonly activation: 'relu' | 'relu6' | 'none';
  /** How the weights start when none are given. */
  readonly initialization: 'he-normal' | 'lecun-normal' | 'zero';
}

/** Max pooling, sizes rounded up, or down where it pads (max-pooling.ts). */
export interface PoolingLayer {
  readonly kind: 'pooling';
  readonly name: string;
  readonly kernel: number;
  readonly stride: number;
  /** Pixels on each side. */
  readonly pad: number;
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
  /** x + layers(x), or shortcut(x) + layers(x); where `activation` says so, rectified. */
  | {
      readonly kind: 'residual';
      readonly name: string;
      readonly layers: readonly Layer[];
      readonly shortcut?: ConvolutionLayer | undefined;
      readonly activation?: 'relu';
    };

/** A classifier made convolutional, up to the features that its score layer sees. */
export interface BackboneLayers {
  /** What people call the classifier, for messages. */
  readonly title: string;
  readonly layers: readonly Layer[];
  /** The layers whose results the skips read: stride 16 for FCN-16s and FCN-8s, stride 8 for FCN-8s. */
  readonly skips?: { readonly stride16: string; readonly stride8: string };
  /**
   * How score maps come to reach beyond the image, so that there is something to interpolate at its edge: the first layer
   * pads the image by 100 pixels, as in the papers, or each score map repeats its border before it is upsampled.
   */
  readonly margin: 'padded-image' | 'repeated-border';
  /** The same classifier with the layers of torchvision's head behind it, whose scores are enlarged without deconvolutions. */
  readonly dilated?: DilatedLayers;
}

/** A classifier whose last maps stay at a stride of 8, as their kernels are dilated instead, and what torchvision puts on it. */
export interface DilatedLayers {
  readonly layers: readonly Layer[];
  /** A second head, which helps in training alone: the layer that it reads, and its own. */
  readonly auxiliary: { readonly reads: string; readonly layers: readonly Layer[] };
}

type ConvolutionOptions = Partial<
  Pick<ConvolutionLayer, 'stride' | 'groups' | 'dilation' | 'normalization' | 'activation' | 'initialization'>
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
    ...{ kind: 'convolution', name, channels, kernel, stride: 1, groups: 1, dilation: 1, activation: 'relu' },
    initialization: options.activation === 'none' ? 'lecun-normal' : 'he-normal',
    ...options,
    pad: typeof pad === 'number' ? [pad, pad] : pad,
  };
}

export function poolingLayer(name: string, kernel: number, stride: number, pad = 0): PoolingLayer {
  return { kind: 'pooling', name, kernel, stride, pad };
}

/** All convolutions of a backbone, in the order of the data. */
export function convolutionsOf(layers: readonly Layer[]): ConvolutionLayer[] {
  return layers.flatMap((layer) => {
    if (layer.kind === 'convolution') return [layer];
    if (layer.kind === 'residual') {
      const { layers: inner, shortcut } = layer;
      return [...convolutionsOf(inner), ...(shortcut ? [shortcut] : [])];
    }
    return layer.kind === 'branches' ? layer.branches.flatMap(convolutionsOf) : [];
  });
}

/** Channels of a hidden layer in a network of the given width. */
export function scaledChannels(channels: number, width: number): number {
  return Math.max(1, Math.round(channels * width));
}
