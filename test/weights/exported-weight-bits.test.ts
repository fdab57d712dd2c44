import { readFile } from 'node:fs/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { randomModel } from '../../src/cli/bench/random-model.ts';
import { ModelProtoSchema } from '../../src/engine/onnx/onnx_pb.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import { quantize } from '../../src/inference/quantize/quantize.ts';
import { hasWeightsOfEightBits } from '../../src/weights/exported-weight-bits.ts';
import { testImage } from '../data/helpers.ts';

async function* images() {
  for (const height of [40, 48]) yield testImage(height, 40);
}

async function quantized(weightBits: 7 | 8): Promise<Uint8Array> {
  const settings = { calibration: 'min-max', floatLayers: [], scores: false, threads: 1 } as const;
  const network = randomModel('fcn32s', 1 / 32, 3);
  const { parts } = await quantize(network, images(), nativeRuntime, { ...settings, weightBits });
  return Buffer.concat(parts);
}

/** The file as early versions wrote it, which did not say how many bits weights have. */
function withoutMetadata(bytes: Uint8Array): Uint8Array {
  const model = fromBinary(ModelProtoSchema, bytes);
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { ...model, metadataProps: [] }));
}

describe('hasWeightsOfEightBits', () => {
  it.each([7, 8] as const)('knows files of %i bits, whether or not they say so', async (bits) => {
    const file = await quantized(bits);
    expect(hasWeightsOfEightBits(file, 'file')).toBe(bits === 8);
    expect(hasWeightsOfEightBits(withoutMetadata(file), 'file')).toBe(bits === 8);
  });

  it('knows the network of the page, whose sums would overflow on processors without VNNI', async () => {
    expect(hasWeightsOfEightBits(await readFile('web/public/model/photos.onnx'), 'photos.onnx')).toBe(true);
  });
});
