import { z } from 'zod';

const channelTriple = z.tuple([z.number(), z.number(), z.number()]);

/**
 * How pixels become the network's input. Input value of channel c, in the order that `channels` says:
 * (pixel / 255 * scale - mean[c]) / std[c], with pixel 0..255.
 */
export const inputConfigSchema = z.looseObject({
  channels: z.enum(['RGB', 'BGR']),
  scale: z.number(),
  mean: channelTriple,
  std: channelTriple.refine((deviations) => deviations.every((x) => x !== 0), 'must not be 0'),
});
export type InputConfig = z.infer<typeof inputConfigSchema>;

/** Preprocessing by the tool that made the weights. */
export const inputPresets = {
  /** Caffe's VGG-16 and the reference FCNs: BGR, 0..255, mean of ImageNet. */
  caffe: { channels: 'BGR', scale: 255, mean: [104.00699, 116.66877, 122.67892], std: [1, 1, 1] },
  /** torchvision: RGB, 0..1, mean and deviation of ImageNet. */
  torchvision: { channels: 'RGB', scale: 1, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  /** TensorFlow's MobileNets: RGB, -1 to 1. */
  tensorflow: { channels: 'RGB', scale: 255, mean: [128, 128, 128], std: [128, 128, 128] },
} as const satisfies Record<string, InputConfig>;
export type InputPreset = keyof typeof inputPresets;
