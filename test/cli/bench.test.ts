import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectError, expectSuccess, fcn, temporaryFolder } from './fcn.ts';

const tiny = ['bench', '--width', '0.03125', '--rounds', '1', '--warmup', '0', '--no-peer', '--threads', '1'];
/** Which ONNX Runtime prepares in a fraction of the time of VGG-16. */
const squeezenet = ['--model', 'fcn32s-squeezenet'];

describe('fcn bench', { timeout: 180_000 }, () => {
  it('times a network of any size, and writes the figures', async () => {
    const csv = path.join(await temporaryFolder(), 'bench.csv');
    const model = [...squeezenet, '--size', '64x48'];
    const outcome = await fcn(...tiny, ...model, '--csv', csv);
    expectSuccess(outcome);
    expect(outcome.stdout).toMatch(/training step, 48x64 +\d/);
    expect(outcome.stdout).toMatch(/inference, 48x64 +\d/);
    const [header, ...lines] = (await readFile(csv, 'utf8')).trimEnd().split('\n');
    expect(header).toMatch(/^version,contender,mode,model,width,height,image_width,/);
    expect(lines.map((line) => line.split(',').slice(1, 7).join())).toEqual([
      'fcn,train,fcn32s-squeezenet,0.03125,64,48',
      'fcn,infer,fcn32s-squeezenet,0.03125,64,48',
      'ONNX Runtime,infer,fcn32s-squeezenet,0.03125,64,48',
    ]);
  });

  it('times a batch, and eight bits beside float32', async () => {
    const rows = ['--only', 'train-224,8bit-224', ...squeezenet, '--batch', '2'];
    const outcome = await fcn(...tiny, ...rows);
    expectSuccess(outcome);
    expect(outcome.stdout).toMatch(/training step, 224x224, batch 2 +\d/);
    expect(outcome.stdout).toMatch(/segmentation in 8 bits, 224x224 +\d.* fcn, float32/);
  });

  it('times whole programs and a training run, and leaves nothing behind', async () => {
    const scratch = () => readdirSync(tmpdir()).filter((name) => name.startsWith('fcn-bench-'));
    const before = scratch();
    const outcome = await fcn(...tiny, '--only', 'predict,evaluate,outside', '--images', '2', ...squeezenet);
    expectSuccess(outcome);
    expect(outcome.stdout).toMatch(/predict an image, 500x375, whole process +\d/);
    expect(outcome.stdout).toMatch(/evaluate 2 images, whole process +\d/);
    expect(outcome.stdout).toMatch(/training run outside the session +\d+\.\d+ %/);
    expect(outcome.stdout).toMatch(/iteration: .* in the session, .* outside; checkpoint: /);
    expect(scratch().filter((name) => !before.includes(name))).toEqual([]);
  });

  it('measures how cost grows, and draws it', async () => {
    const folder = await temporaryFolder();
    const [csv, plot] = [path.join(folder, 'growth.csv'), path.join(folder, 'growth.svg')];
    const outcome = await fcn(
      ...['bench', '--growth', '--width', '0.03125', '--rounds', '1', '--warmup', '0', '--no-peer'],
      ...['--only', 'threads', '--csv', csv, '--plot', plot, ...squeezenet],
    );
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stdout).toMatch(
      /threads 2 +training step +fcn +\d+ ms +[\d.]+ GB +\d+ GFLOP\/s +[\d.]+\n/,
    );
    expect((await readFile(csv, 'utf8')).trimEnd().split('\n')).toHaveLength(1 + 2 + 4);
    expect(await readFile(plot, 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  });

  it('refuses rows that there are not, and data that cannot be shown to PyTorch', async () => {
    expectError(await fcn('bench', '--only', 'train-225'), 2, /--only/, /train-224/);
    expectError(await fcn('bench', '--only', 'predict', '--size', '32x32'), 2, /--size and --only/);
    expectError(await fcn('bench', '--growth', '--only', 'train-224'), 2, /--only/, /area, batch/);
    expectError(await fcn('bench', '--plot', 'x.svg'), 2, /--plot.*--growth/);
    const data = await fcn(...tiny, '--only', 'evaluate', '--data', 'shapes:');
    expect(data.code).toBe(2);
    expect(data.stderr).toMatch(/fcn: --data: got shapes:, expected voc:DIR/);
  });
});
