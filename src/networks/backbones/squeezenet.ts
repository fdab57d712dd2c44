import { type BackboneLayers, convolutionLayer, type Layer, poolingLayer } from './layers.ts';

/**
 * SqueezeNet 1.0 (Iandola et al. 2016, table 1) without its classifier conv10. It ends at a stride of 16; pool9 is added
 * for a stride of 32, so that its three heads are those of VGG-16. Skips read the last layer of their stride.
 */
export const squeezenet: BackboneLayers = {
  title: 'SqueezeNet',
  layers: [
    convolutionLayer('conv1', 96, 7, { stride: 2 }),
    poolingLayer('pool1', 3, 2),
    ...fire(2, 16, 64),
    ...fire(3, 16, 64),
    ...fire(4, 32, 128),
    poolingLayer('pool4', 3, 2),
    ...fire(5, 32, 128),
    ...fire(6, 48, 192),
    ...fire(7, 48, 192),
    ...fire(8, 64, 256),
    poolingLayer('pool8', 3, 2),
    ...fire(9, 64, 256),
    { kind: 'dropout', name: 'drop9' },
    poolingLayer('pool9', 3, 2),
  ],
  skips: { stride16: 'fire9', stride8: 'fire8' },
  margin: 'repeated-border',
};

/** A fire module: 1x1 convolutions to few channels, then 1x1 and 3x3 ones side by side. */
function fire(number: number, squeezed: number, expanded: number): Layer[] {
  const name = `fire${number}`;
  return [
    convolutionLayer(`${name}_squeeze1x1`, squeezed, 1),
    {
      kind: 'branches',
      name,
      branches: [
        [convolutionLayer(`${name}_expand1x1`, expanded, 1)],
        [convolutionLayer(`${name}_expand3x3`, expanded, 3, { pad: 1 })],
      ],
    },
  ];
}
