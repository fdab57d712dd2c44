import { describe, expect, it } from 'vitest';
import { failure } from '../../../src/base/errors.ts';
import { checkDevice } from '../../../src/engine/devices/check-device.ts';
import { chooseDevice } from '../../../src/engine/devices/choose-device.ts';
import { openDevice } from '../../../src/engine/devices/native-devices.ts';
import { nativeRuntime } from '../../../src/engine/runtimes/native/native-runtime.ts';
import type { Runtime, Session } from '../../../src/engine/runtimes/session.ts';
import { gpuTests, softwareGpu } from '../../software-gpu.ts';

/** The CPU, in the place of a graphics processor, after each of whose runs something happens. */
function imitation(
  afterRun: (outputs: Record<string, { data: Float32Array }>) => Promise<void> | void,
): Runtime {
  return {
    device: 'webgpu',
    async createSession(model, options) {
      const session = await nativeRuntime.createSession(model, options);
      const run: Session['run'] = async (inputs, outputs) => {
        await session.run(inputs, outputs);
        await afterRun(outputs as Record<string, { data: Float32Array }>);
      };
      return { run, memory: undefined, release: () => session.release() };
    },
  };
}

const slow = imitation(() => new Promise((resolve) => setTimeout(resolve, 2000)));

describe('a device', () => {
  it('is used where it computes what is known', async () => {
    expect(await checkDevice(nativeRuntime)).toBe(nativeRuntime);
  });

  it.each(['Conv', 'MaxPool', 'MatMul'])('that computes %s wrongly is not used', async (name) => {
    const wrong = imitation((outputs) => {
      outputs[name]!.data[3]! += 1;
    });
    await expect(checkDevice(wrong)).rejects.toThrow(
      new RegExp(
        `^device webgpu: got -?\\d+ from ${name}, expected -?\\d+: it computes wrong results and is not used; `,
      ),
    );
  });

  it('that is slower than the CPU, wrong or not there is not chosen, and it says why', async () => {
    const wrong = imitation(({ Conv }) => {
      if (Conv) Conv.data[0] = Number.NaN;
    });
    const candidates = [
      async () => Promise.reject(failure('device cuda: got none')),
      async () => wrong,
      async () => slow,
    ];
    const { runtime, reason } = await chooseDevice(nativeRuntime, candidates, 1);
    expect(runtime).toBe(nativeRuntime);
    expect(reason).toMatch(
      /^device cuda: got none; device webgpu: got NaN from Conv, .*; webgpu takes \d+ ms for a few convolutions, [\d.]+ ms on the CPU$/,
    );
  });

  it('that is faster than the CPU is chosen', async () => {
    const fast = imitation(() => {});
    const { runtime, reason } = await chooseDevice({ ...slow, device: 'cpu' }, [async () => fast], 1);
    expect(runtime).toBe(fast);
    expect(reason).toMatch(/^[\d.]+ ms for a few convolutions, \d+ ms on the CPU$/);
  });

  it('that is not installed is named, with what to install', async () => {
    await expect(openDevice('cuda')).rejects.toThrow(
      /^device cuda: got no .*libonnxruntime_providers_shared\.so, expected .*--onnxruntime-node-install=cuda12/,
    );
  });
});

const { missing, name } = gpuTests('WebGPU in software');
describe.skipIf(missing)(name, () => {
  it('computes correctly in our layout, and wrongly in that of ONNX Runtime 1.30', async () => {
    const runtime = softwareGpu();
    expect(await checkDevice(runtime)).toBe(runtime);
    await expect(checkDevice(softwareGpu({ preferredLayout: 'NHWC' }))).rejects.toThrow(
      'device webgpu: got -7354 from Conv, expected -479: it computes wrong results',
    );
  });
});
