/**
 * What reads the features: how fine the predictions are, and whether the skips were trained at once. `fcn` is torchvision's, on a
 * dilated classifier; `deeplabv3` that of DeepLabv3 (deeplab.ts).
 */
export const heads = ['fcn32s', 'fcn16s', 'fcn8s', 'fcn8s-atonce', 'fcn', 'deeplabv3'] as const;
export type Head = (typeof heads)[number];

/** The classifiers made convolutional, and the heads that are offered on each; VGG-16 is what no suffix means. */
const headsOn = {
  vgg16: ['fcn32s', 'fcn16s', 'fcn8s', 'fcn8s-atonce'],
  vgg19: ['fcn32s', 'fcn16s', 'fcn8s'],
  alexnet: ['fcn32s'],
  googlenet: ['fcn32s', 'fcn16s', 'fcn8s'],
  squeezenet: ['fcn32s', 'fcn16s', 'fcn8s'],
  mobilenetv2: ['fcn32s', 'fcn16s', 'fcn8s', 'deeplabv3'],
  resnet50: ['fcn32s', 'fcn16s', 'fcn8s', 'fcn'],
  resnet101: ['fcn32s', 'fcn16s', 'fcn8s', 'fcn'],
} as const satisfies Record<string, readonly Head[]>;

export type BackboneName = keyof typeof headsOn;
export const backboneNames = Object.keys(headsOn) as BackboneName[];

type NamesOn<B extends BackboneName> = B extends 'vgg16'
  ? (typeof headsOn)[B][number]
  : `${(typeof headsOn)[B][number]}-${B}`;
/** A network by the name that --model takes: HEAD on VGG-16, or HEAD-BACKBONE. */
export type ModelName = { [B in BackboneName]: NamesOn<B> }[BackboneName];

const parts = new Map(
  backboneNames.flatMap((backbone) =>
    headsOn[backbone].map((head) => [modelNameOf(head, backbone), { head, backbone }] as const),
  ),
);

export const modelNames = [...parts.keys()] as [ModelName, ...ModelName[]];

/** The two parts of a model's name. */
export function partsOf(model: ModelName): { readonly head: Head; readonly backbone: BackboneName } {
  return parts.get(model)!;
}

/** The model with this head on this backbone; there need not be one (see `headsOn`). */
function modelNameOf(head: Head, backbone: BackboneName): ModelName {
  return (backbone === 'vgg16' ? head : `${head}-${backbone}`) as ModelName;
}

/** The network with the finest of the papers' heads that are offered on a backbone. */
export function finestOn(backbone: BackboneName): ModelName {
  const finest = (['fcn8s', 'fcn16s', 'fcn32s'] as const).find((head) =>
    parts.has(modelNameOf(head, backbone)),
  );
  return modelNameOf(finest!, backbone);
}

/** The network with another head on the same backbone. @returns undefined where that head is not offered. */
export function withHead(model: ModelName, head: Head): ModelName | undefined {
  const name = modelNameOf(head, partsOf(model).backbone);
  return parts.has(name) ? name : undefined;
}
