import {
  type BackboneLayers,
  convolutionLayer,
  type DilatedLayers,
  type Layer,
  poolingLayer,
} from './layers.ts';

/**
 * ResNet-50 and 101 (He et al. 2016, table 1) without their classifier, as torchvision has them: the stride of a block is that of its
 * 3x3 convolution. Layers have torchvision's names. Skips read the last block of their stride.
 */
export const resnet50: BackboneLayers = resnet('ResNet-50', [3, 4, 6, 3]);
export const resnet101: BackboneLayers = resnet('ResNet-101', [3, 4, 23, 3]);

/** Blocks of layer1 to layer4. */
type Depths = readonly [number, number, number, number];

function resnet(title: string, depths: Depths): BackboneLayers {
  return {
    title,
    layers: [...stem(), ...stages(depths)],
    skips: { stride16: 'layer3', stride8: 'layer2' },
    margin: 'repeated-border',
    dilated: dilated(depths),
  };
}

/**
 * torchvision's fcn_resnet50 and fcn_resnet101 (models/segmentation/fcn.py): layer3 and layer4 keep the stride of 8, and each head
 * is a 3x3 convolution to a quarter of the channels with dropout behind it.
 */
function dilated(depths: Depths): DilatedLayers {
  return {
    layers: [...stem(), ...stages(depths, [1, 1, 2, 4]), ...head('head', 512)],
    auxiliary: { reads: 'layer3', layers: head('aux', 256) },
  };
}

function head(name: string, channels: number): Layer[] {
  return [
    convolutionLayer(`${name}_conv`, channels, 3, { pad: 1, normalization: `${name}_bn` }),
    { kind: 'dropout', name: `${name}_drop` },
  ];
}

function stem(): Layer[] {
  return [
    convolutionLayer('conv1', 64, 7, { stride: 2, pad: 3, normalization: 'bn1' }),
    poolingLayer('maxpool', 3, 2, 1),
  ];
}

/** @param dilations of each stage; a stage that has one keeps the stride of the stage before */
function stages(depths: Depths, dilations: readonly number[] = [1, 1, 1, 1]): Layer[] {
  return depths.flatMap((depth, stage) =>
    Array.from({ length: depth }, (_, index) => {
      const isFirst = index === 0;
      return block({
        name: `layer${stage + 1}.${index}`,
        // What skips read is called by the name of its stage.
        result: index === depth - 1 ? `layer${stage + 1}` : undefined,
        channels: 64 * 2 ** stage,
        stride: isFirst && stage > 0 && dilations[stage] === 1 ? 2 : 1,
        // The first block of a stage still has the dilation of the stage before.
        dilation: dilations[isFirst ? Math.max(0, stage - 1) : stage]!,
        isFirst,
      });
    }),
  );
}

interface Block {
  readonly name: string;
  readonly result: string | undefined;
  readonly channels: number;
  readonly stride: number;
  readonly dilation: number;
  readonly isFirst: boolean;
}

/** A bottleneck (figure 5): narrowed by 1x1, filtered by 3x3, widened fourfold by 1x1, and only then rectified. */
function block({ name, result = name, channels, stride, dilation, isFirst }: Block): Layer {
  const part = (number: number, kernel: 1 | 3, wide: boolean) =>
    convolutionLayer(`${name}.conv${number}`, wide ? 4 * channels : channels, kernel, {
      ...(kernel === 3 && { stride, dilation, pad: dilation }),
      ...(wide && { activation: 'none' as const }),
      normalization: `${name}.bn${number}`,
    });
  const shortcut = convolutionLayer(`${name}.downsample.0`, 4 * channels, 1, {
    ...{ stride, activation: 'none', normalization: `${name}.downsample.1` },
  });
  return {
    kind: 'residual',
    name: result,
    layers: [part(1, 1, false), part(2, 3, false), part(3, 1, true)],
    shortcut: isFirst ? shortcut : undefined,
    activation: 'relu',
  };
}
