import { fileURLToPath } from 'node:url';

/** What the network that comes with the package is called wherever a weights file is named. */
export const builtinName = 'builtin';

/**
 * The weights file that comes with the package: a DeepLabv3 on MobileNetV2 that knows VOC's 21 classes (docs/model-card.md).
 */
export function builtinWeights(): string {
  return fileURLToPath(new URL('../../builtin/photos.safetensors', import.meta.url));
}

/** The file behind a name: that of the built-in network, or the name itself. A file of that name is `./builtin`. */
export function weightsFile(name: string): string {
  return name === builtinName ? builtinWeights() : name;
}
