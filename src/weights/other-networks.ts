import { inputError } from '../errors.ts';
import { vgg16 } from '../models/vgg16.ts';
import { quote } from './quote.ts';
import { isTorchvisionLayer, nameOfLayer } from './vgg16-names.ts';

/** Networks that are often tried, by a tensor that only they have, and what to say of them. */
const others: readonly { readonly name: RegExp; readonly got: string; readonly advice: string }[] = [
  {
    name: /^backbone\.layer[1-4]\.\d+\./,
    got: "torchvision's FCN or DeepLab on a ResNet",
    advice: "its layers are those of a ResNet and have no place here; start from torchvision's vgg16",
  },
  {
    name: /^layer[1-4]\.\d+\./,
    got: 'a ResNet',
    advice: "its layers have no place here; start from torchvision's vgg16",
  },
  {
    name: /\.running_mean$/,
    got: 'a network with batch normalization',
    advice: "choose one without, torchvision's vgg16 rather than vgg16_bn",
  },
];

const ours = new Set(vgg16.layers.map(({ name }) => name));

/**
 * Refuses what is no VGG-16 though it may look like one.
 * @throws FcnError that says what it is, where that can be told.
 */
export function refuseOtherNetworks(names: Iterable<string>, what: string): void {
  const all = [...names];
  const expected = 'expected VGG-16 or an FCN on it';
  for (const { name: pattern, got, advice } of others) {
    const found = all.find((name) => pattern.test(name));
    if (found) throw inputError(`${what}: got ${got} (${quote(found)}), ${expected}; ${advice}`);
  }
  const foreign = all.find((name) => isForeignConvolution(name.replace(/\.(weight|bias)$/, '')));
  if (foreign) {
    throw inputError(
      `${what}: got a layer that VGG-16 does not have (${quote(foreign)}), ${expected}; ` +
        'choose VGG with 16 layers (configuration D), not 11, 13 or 19, or another network',
    );
  }
}

/** A convolution by the names of torchvision or Caffe, in a place where VGG-16 has none: VGG-19's conv3_4, AlexNet's conv2. */
function isForeignConvolution(layer: string): boolean {
  if (isTorchvisionLayer(layer)) return layer.startsWith('features.') && isUnknown(layer);
  return /^conv\d+(_\d+)?$/.test(layer) && !ours.has(layer);
}

function isUnknown(layer: string): boolean {
  const found = nameOfLayer(layer, undefined);
  return 'name' in found && !ours.has(found.name);
}
