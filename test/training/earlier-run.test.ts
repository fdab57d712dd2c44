import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/base/tensor.ts';
import { RunFolder } from '../../src/training/run-folder.ts';
import { readSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { expectSuccess, fcn, temporaryFolder } from '../cli/fcn.ts';
import { relativeDifference } from '../fixtures.ts';

/** Runs that commit 13f4088 began, one fused, one with accumulated gradients, and how it ended them: see make.js there. */
const fixtures = path.join(import.meta.dirname, '..', 'fixtures', 'run-13f4088');
const stoppedAt = 5;
const checkpoint = path.join('checkpoints', `iteration-${stoppedAt}.safetensors`);

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

async function tensorsOf(...file: string[]): Promise<ReadonlyMap<string, Tensor>> {
  return (await readSafetensors(path.join(...file))).tensors;
}

/** The log without the times. */
async function logOf(run: string): Promise<string[][]> {
  return (await new RunFolder(run).log.rows()).map((cells) => cells.filter((_, column) => column !== 4));
}

/** Whether this processor rounds as the one did on which the fixture was made: kernels differ (AVX2, AVX-512, NEON). */
async function roundsAlike(name: string): Promise<boolean> {
  const again = path.join(folder, `${name}-again`);
  await mkdir(again);
  await cp(path.join(fixtures, name, 'config.json'), path.join(again, 'config.json'));
  const settings = ['--iterations', String(stoppedAt), '--validate-every', '0'];
  expectSuccess(await fcn('train', '--resume', '--out', again, ...settings));
  const made = await tensorsOf(again, checkpoint);
  return [...(await tensorsOf(fixtures, name, checkpoint))].every(([tensor, { data }]) => {
    return Buffer.from(data.buffer).equals(Buffer.from(made.get(tensor)!.data.buffer));
  });
}

describe.each(['fused', 'accumulated'])('a run that an earlier version began, %s', (name) => {
  it('goes on and ends as it would have ended there', async () => {
    const run = path.join(folder, name);
    await cp(path.join(fixtures, name), run, { recursive: true });
    expectSuccess(await fcn('train', '--resume', '--out', run));
    const [log, expectedLog] = [await logOf(run), await logOf(path.join(fixtures, name, 'end'))];
    const [last, expected] = [
      await tensorsOf(run, 'last.safetensors'),
      await tensorsOf(fixtures, name, 'end', 'last.safetensors'),
    ];

    expect([...last.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [tensor, values] of expected) {
      expect(relativeDifference(last.get(tensor)!, values), tensor).toBeLessThan(1e-5);
    }
    expect(log.map(([iteration, epoch, , rate, ids]) => [iteration, epoch, rate, ids])).toEqual(
      expectedLog.map(([iteration, epoch, , rate, ids]) => [iteration, epoch, rate, ids]),
    );
    for (const [i, [, , loss]] of expectedLog.entries()) {
      expect(Math.abs(Number(log[i]![2]) / Number(loss) - 1), `loss ${i + 1}`).toBeLessThan(1e-5);
    }
    if (!(await roundsAlike(name))) return;
    expect(log).toEqual(expectedLog);
    for (const [tensor, values] of expected) expect(last.get(tensor), tensor).toEqual(values);
    const validations = (of: string) => new RunFolder(of).validations.rows();
    expect(await validations(run)).toEqual(await validations(path.join(fixtures, name, 'end')));
  });
});
