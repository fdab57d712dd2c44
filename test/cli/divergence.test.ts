import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasOnlyFinite, type Tensor } from '../../src/base/tensor.ts';
import { readSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import { expectError, fcn, temporaryFolder, tinyTraining } from './fcn.ts';
import { newestCheckpoint } from './run-traces.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const advice = /iteration \d+: .* after train_\d{6}; the run has diverged: try a lower --learning-rate/;

describe('a run that diverges', () => {
  it('names iteration and images, keeps the checkpoint before, and writes no last weights', async () => {
    const run = path.join(folder, 'diverged');
    const settings = ['--iterations', '20', '--validate-every', '0', '--checkpoint-every', '1'];
    const outcome = await fcn(...tinyTraining(run, '--learning-rate', '1e20', ...settings));
    expectError(outcome, 1, advice);
    const failed = Number(/iteration (\d+)/.exec(outcome.stderr)![1]);
    const [image] = /train_\d+/.exec(outcome.stderr)!;

    expect(existsSync(path.join(run, 'last.safetensors'))).toBe(false);
    expect(existsSync(path.join(run, 'best.safetensors'))).toBe(false);
    const newest = await newestCheckpoint(run);
    expect(newest).toBe(`iteration-${failed - 1}.safetensors`);
    const { tensors } = await readSafetensors(path.join(run, 'checkpoints', newest!));
    for (const [name, tensor] of tensors) {
      expect(hasOnlyFinite(tensor as Tensor<'float32'>), name).toBe(true);
    }
    // The order is that of the seed: the image that was named is the one whose turn it was.
    const calm = path.join(folder, 'calm');
    await fcn(...tinyTraining(calm, '--iterations', String(failed), '--validate-every', '0'));
    const rows = (await readFile(path.join(calm, 'log.csv'), 'utf8')).trimEnd().split('\n');
    expect(rows.at(-1)).toMatch(new RegExp(`^${failed},.*,${image}$`));
  });

  it('does not score and keep weights whose predictions are no numbers', async () => {
    const run = path.join(folder, 'validated');
    const settings = ['--iterations', '20', '--validate-every', '1', '--checkpoint-every', '0'];
    const outcome = await fcn(...tinyTraining(run, '--learning-rate', '1e20', ...settings));
    expectError(outcome, 1, advice);
    expect(existsSync(path.join(run, 'best.safetensors'))).toBe(false);
    expect(await readFile(path.join(run, 'val.csv'), 'utf8')).toMatch(/^iteration,[^\n]*\n$/);
  });

  it('does not save weights that are no numbers, though the loss is one', async () => {
    // The first update makes them infinite; its loss was that of the weights before.
    const run = path.join(folder, 'infinite');
    const settings = ['--iterations', '1', '--validate-every', '0'];
    const outcome = await fcn(...tinyTraining(run, '--learning-rate', '1e45', ...settings));
    expectError(outcome, 1, advice, /has values that are not finite/);
    expect(existsSync(path.join(run, 'last.safetensors'))).toBe(false);
    expect(existsSync(path.join(run, 'checkpoints'))).toBe(false);
  });
});
