/** A layer of SqueezeNet 1.0 with its weights' shape [O, I, K, K]. */
export interface CodebookLayer {
  readonly name: string;
  readonly shape: readonly [number, number, number, number];
}

/** Squeeze and expand channels of fire2 to fire9 (Iandola et al. 2016, table 1). */
const fires = [16, 16, 32, 32, 48, 48, 64, 64].map((squeeze) => ({ squeeze, expand: 4 * squeeze }));

/** The layers in the order of the file. Names are those of the Caffe network, with _ for /. */
export const codebookLayers: readonly CodebookLayer[] = [
  { name: 'conv1', shape: [96, 3, 7, 7] },
  ...fires.flatMap(({ squeeze, expand }, i): CodebookLayer[] => {
    const inputs = i === 0 ? 96 : 2 * fires[i - 1]!.expand;
    return [
      { name: `fire${i + 2}_squeeze1x1`, shape: [squeeze, inputs, 1, 1] },
      { name: `fire${i + 2}_expand1x1`, shape: [expand, squeeze, 1, 1] },
      { name: `fire${i + 2}_expand3x3`, shape: [expand, squeeze, 3, 3] },
    ];
  }),
  { name: 'conv10', shape: [1000, 512, 1, 1] },
];

/** The counts of entries that the file begins with, uint32 each. */
export const countsBytes = 4 * codebookLayers.length;

/** Numbers in a layer's codebook, float32 each: codes are bytes. */
export const codebookSize = 256;

/** The size of a file by the counts at its start; undefined when those are cut short. */
export function expectedSize(start: Buffer): number | undefined {
  if (start.length < countsBytes) return undefined;
  return codebookLayers.reduce((total, { shape }, i) => {
    const entries = start.readUInt32LE(4 * i);
    return total + 4 * codebookSize + 4 * shape[0] + entries + Math.ceil(entries / 2);
  }, countsBytes);
}
