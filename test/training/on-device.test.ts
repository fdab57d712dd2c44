import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure } from '../../src/base/errors.ts';
import { openDevice } from '../../src/engine/devices/native-devices.ts';
import type { Runtime } from '../../src/engine/runtimes/session.ts';
import { train } from '../../src/training/train.ts';
import { readSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { fcnInside } from '../cli/inside.ts';
import { relativeDifference } from '../fixtures.ts';
import { gpuTests, softwareGpu } from '../software-gpu.ts';
import { tinyRun } from './tiny-run.ts';

const { missing, name } = gpuTests('a run on WebGPU');
softwareGpu(); // found from here on

/** Everything that can lie on a device: accumulated gradients, momentum, averages, layers that do not learn, masks, weighted classes. */
const all = {
  ...{ accumulate: 2, ema: 0.9, frozen: ['conv1'], dropout: 0.5 },
  loss: 'mean',
  classWeighting: 'balanced',
} as const;

/** Few layers: software takes long to compile the shaders of each. */
const network = { model: 'fcn32s-squeezenet', width: 1 / 32 } as const;

async function run(device: 'cpu' | 'webgpu', iterations: number) {
  const settings = { ...network, device, validateEvery: 0, checkpointEvery: 2 } as const;
  const { run, prepared } = await tinyRun({ ...all, duration: { iterations } }, settings);
  const losses: number[] = [];
  await train({ ...prepared, run, events: { onIteration: ({ loss }) => losses.push(loss) } });
  return { run, losses };
}

describe.skipIf(missing)(name, () => {
  it('learns what the CPU learns, and goes on to the same bits from its checkpoint', async () => {
    const [onCpu, whole, part] = [await run('cpu', 3), await run('webgpu', 3), await run('webgpu', 2)];
    for (const [i, loss] of onCpu.losses.entries()) {
      expect(Math.abs(whole.losses[i]! / loss - 1), `loss of iteration ${i + 1}`).toBeLessThan(1e-3);
    }
    const { tensors } = await readSafetensors(whole.run.last);
    for (const [key, expected] of (await readSafetensors(onCpu.run.last)).tensors) {
      expect(relativeDifference(tensors.get(key)!, expected), key).toBeLessThan(1e-4);
    }
    const resumed = await fcnInside('train', '--resume', '--out', part.run.folder, '--iterations', '3');
    expect(resumed).toMatchObject({ code: 0 });
    const [last, lastOfWhole] = await Promise.all([part, whole].map(({ run }) => readSafetensors(run.last)));
    expect(last!.tensors).toEqual(lastOfWhole!.tensors);
  }, 300_000);

  it('ends with its checkpoint and one line when the device is lost', async () => {
    const { run, prepared } = await tinyRun(
      {},
      { ...network, device: 'webgpu', checkpointEvery: 2, validateEvery: 0 },
    );
    const runtime: { createSession: Runtime['createSession'] } = await openDevice('webgpu');
    const { createSession } = runtime;
    let steps = 0;
    runtime.createSession = async (...args) => {
      const session = await createSession(...args);
      const plain = session.run.bind(session);
      session.run = async (inputs, outputs) => {
        if ('loss' in outputs && ++steps > 3)
          throw failure('ONNX Runtime: running the graph failed: device lost');
        return plain(inputs, outputs);
      };
      return session;
    };
    const training = train({ ...prepared, run }).finally(() => {
      runtime.createSession = createSession;
    });
    await expect(training).rejects.toThrow(
      /^iteration 3: device webgpu has failed \(.*device lost\); the run has a checkpoint of iteration 2: continue with --resume/,
    );
    const resumed = await fcnInside('train', '--resume', '--out', run.folder, '--device', 'cpu');
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain('continuing after iteration 2');
  }, 300_000);

  it('predicts what the CPU predicts', async () => {
    const { run } = await tinyRun({ duration: { iterations: 1 } }, network);
    await fcnInside('train', '--resume', '--out', run.folder);
    const image = path.join(import.meta.dirname, '../fixtures/sbd/img/2008_000002.jpg');
    const scores = async (device: string) => {
      const out = path.join(run.folder, device);
      const options = [
        '--weights',
        run.last,
        '--out',
        out,
        '--logits',
        '--resize',
        '32x40',
        '--device',
        device,
      ];
      expect(await fcnInside('predict', image, ...options)).toMatchObject({ code: 0 });
      return readFile(path.join(out, '2008_000002.npy'));
    };
    const numbers = (file: Buffer) => new Float32Array(Uint8Array.from(file.subarray(128)).buffer);
    const [a, b] = [numbers(await scores('cpu')), numbers(await scores('webgpu'))];
    const largest = Math.max(...a.map(Math.abs));
    expect(largest).toBeGreaterThan(0);
    expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) / largest).toBeLessThan(1e-4);
  }, 300_000);
});

it('with several processes is refused', async () => {
  const { run, prepared } = await tinyRun({}, { device: 'webgpu' });
  const leader = {} as NonNullable<Parameters<typeof train>[0]['leader']>;
  await expect(train({ ...prepared, run, leader })).rejects.toThrow(
    '--device: got webgpu with several processes',
  );
});
