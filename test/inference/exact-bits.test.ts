import { readFileSync } from 'node:fs';
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/base/tensor.ts';
import { ModelProtoSchema } from '../../src/engine/onnx/onnx_pb.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import type { BoundTensors, Runtime } from '../../src/engine/runtimes/session.ts';
import { exactWeightBits } from '../../src/inference/exact-bits.ts';
import { loadExported } from '../../src/inference/predict/load-segmenter.ts';
import { quantize } from '../../src/inference/quantize/quantize.ts';
import { testImage } from '../data/helpers.ts';
import { randomModel } from '../weights/models.ts';

describe('a file', () => {
  it.each([
    [7, false, false],
    [8, false, true],
    [8, true, false],
  ] as const)(
    'of %d bits, on a processor whose sums are exact: %s, is opened with slower, exact kernels: %s',
    async (weightBits, isExact, isSlow) => {
      const model = randomModel({ model: 'fcn32s-mobilenetv2', width: 1 / 4 });
      const image = testImage(40, 50);
      async function* images() {
        yield image;
      }
      const given = { scores: false, threads: 1, calibration: 'min-max', floatLayers: [] } as const;
      const { parts } = await quantize(model, images(), nativeRuntime, { ...given, weightBits });
      const asked: (boolean | undefined)[] = [];
      const runtime: Runtime = {
        device: 'cpu',
        async createSession(file, options) {
          asked.push(options.exactIntegers);
          const session = await nativeRuntime.createSession(file, options);
          if (asked.length > 1 || weightBits === 7) return session;
          // The first session computes what sums overflow.
          const y = new Float32Array(64 * 64).fill(isExact ? 64 * 255 * 127 : 64 * 255 * 63);
          const run = async (_: BoundTensors, outputs: BoundTensors) =>
            void ((outputs.y as Tensor<'float32'>).data as Float32Array).set(y);
          return { memory: undefined, run, release: () => session.release() };
        },
      };
      const segmenter = await loadExported(runtime, Buffer.concat(parts), 'file', { threads: 1 });
      expect((await segmenter.segment(image)).data).toHaveLength(40 * 50);
      await segmenter.release();
      expect(asked.at(-1)).toBe(isSlow);
    },
  );
});

describe('a network that applies layers twice', () => {
  it('opens with exact sums, each convolution having weights of its own', async () => {
    const model = randomModel({ model: 'fcn8s', width: 1 / 16 });
    const image = testImage(40, 50);
    async function* images() {
      yield image;
    }
    const given = { scores: false, threads: 1, calibration: 'min-max', floatLayers: [] } as const;
    const { parts } = await quantize(model, images(), nativeRuntime, { ...given, weightBits: 8 });
    const file = Buffer.concat(parts);
    const { node } = fromBinary(ModelProtoSchema, file).graph!;
    const weights = node
      .filter(({ opType, input }) => opType === 'DequantizeLinear' && input[0]!.includes('.weight'))
      .map(({ input }) => input[0]!);
    expect(weights.filter((name) => name.endsWith('.2'))).not.toHaveLength(0);
    expect(new Set(weights).size).toBe(weights.length);
    const session = await nativeRuntime.createSession(file, { threads: 1, exactIntegers: true });
    await session.release();
  });
});

describe('exactWeightBits', () => {
  it.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'is 8 on x64 with VNNI instructions alone',
    async () => {
      const hasVnni = /\b(avx512_vnni|avx_vnni)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
      expect(await exactWeightBits(nativeRuntime)).toBe(hasVnni ? 8 : 7);
    },
  );

  it.runIf(process.arch === 'arm64')('is 8 on Arm', async () => {
    expect(await exactWeightBits(nativeRuntime)).toBe(8);
  });
});
