/** What a convolution is, but for its maps and kernels themselves. */
export interface ConvolutionSize {
  readonly batch: number;
  readonly channelsOut: number;
  /** Input channels of each group. */
  readonly channelsPerGroup: number;
  readonly groups: number;
  readonly kernel: number;
  readonly stride: number;
  /** Pixels of the map from one entry of a kernel to the next. */
  readonly dilation: number;
  /** Zeros before and after both axes. */
  readonly before: number;
  readonly after: number;
}

/** Whether each channel is filtered by one kernel of its own. */
export function isDepthwise({ groups, channelsOut, channelsPerGroup }: ConvolutionSize): boolean {
  return channelsPerGroup === 1 && channelsOut === groups;
}

/** Pixels of the map from the first that a kernel sees to the last. */
export function reachOf({ kernel, dilation }: Pick<ConvolutionSize, 'kernel' | 'dilation'>): number {
  return dilation * (kernel - 1);
}

/** Attributes of Conv, and of ConvTranspose as its adjoint. */
export function window({ kernel, before, after, stride, dilation, groups }: ConvolutionSize) {
  return {
    kernel_shape: [kernel, kernel],
    pads: [before, before, after, after],
    ...(stride > 1 && { strides: [stride, stride] }),
    ...(dilation > 1 && { dilations: [dilation, dilation] }),
    ...(groups > 1 && { group: groups }),
  };
}
