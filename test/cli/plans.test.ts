import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { planFileSchema } from '../../src/networks/plan-file.ts';
import { defaultPlans } from '../../src/networks/plans.ts';
import { expectError, expectSuccess, fcnProgram, startProgram, temporaryFolder } from './fcn.ts';

/** With layers of every kind that is measured. */
const vgg = ['--model', 'fcn32s', '--width', '0.03125'];
/** Which ONNX Runtime prepares in a third of the time. */
const alexnet = ['--model', 'fcn32s-alexnet', '--width', '0.0625'];
const data = 'shapes:?train=4&val=2&size=32';

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});
const at = (...names: string[]) => path.join(folder, ...names);

/** With a cache of its own, where plans are kept. */
function fcn(...args: string[]) {
  const env = { ...process.env, FCN_CACHE: at('cache') };
  return startProgram(process.execPath, [fcnProgram, ...args], env).ended;
}

function train(run: string, network: string[], ...options: string[]) {
  const settings = ['--recipe', 'classic', '--threads', '1'];
  const length = ['--iterations', '2', '--checkpoint-every', '1', '--validate-every', '0'];
  return fcn('train', '--data', data, ...network, ...settings, ...length, '--out', at(run), ...options);
}

async function planOf(run: string) {
  return JSON.parse(await readFile(at(run, 'config.json'), 'utf8')).plan;
}

const tune = ['tune', '--size', '32x32', '--rounds', '1', '--threads', '1'];

describe('plans', { timeout: 120_000 }, () => {
  it('are measured, kept for later commands, and recorded in runs', async () => {
    const before = await train('before', vgg);
    expectSuccess(before);
    expect(await planOf('before')).toEqual(defaultPlans.training);

    const tuned = await fcn(...tune, ...vgg);
    expectSuccess(tuned);
    expect(tuned.stdout).toMatch(/center\/stage1\/conv1_2 +[\d.]+\*? +[\d.]+\*? +[\d.]+\*?/);
    expect(tuned.stdout).toMatch(/Conv +by lines +\(ms\)\nfc6 +[\d.]+[* ] +[\d.]+[* ]\n/);
    const kept = /^wrote (.*)$/m.exec(tuned.stdout)![1]!;
    expect(path.relative(at('cache'), kept)).toMatch(/^plans/);
    const plans = planFileSchema.parse(JSON.parse(await readFile(kept, 'utf8')));
    expect(plans).toMatchObject({
      model: 'fcn32s',
      width: 1 / 32,
      threads: 1,
      size: { height: 32, width: 32 },
    });

    const after = await train('after', vgg);
    expectSuccess(after);
    expect(await planOf('after')).toEqual(plans.training);

    const resumed = await fcn('train', '--resume', '--out', at('before'), '--iterations', '3');
    expectSuccess(resumed);
    expect(await planOf('before')).toEqual(defaultPlans.training);
  });

  it('are taken from a file, and give the same classes', async () => {
    const file = at('plan.json');
    expectSuccess(await fcn(...tune, ...alexnet, '--out', file));
    const plans = planFileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    // Whatever was measured: all by Winograd's algorithm.
    const everywhere = { ...plans.training, winograd: [{ tiles: 4 }] };
    await writeFile(file, JSON.stringify({ ...plans, training: everywhere, inference: everywhere }));
    expectSuccess(await train('planned', alexnet, '--plan', file));
    expect(await planOf('planned')).toEqual(everywhere);

    const weights = at('planned', 'last.safetensors');
    const scores = await Promise.all(
      ['default', file].map(async (plan) => {
        const evaluated = await fcn(
          'evaluate',
          '--weights',
          weights,
          '--data',
          data,
          '--plan',
          plan,
          '--json',
          '-',
        );
        expectSuccess(evaluated);
        return JSON.parse(evaluated.stdout);
      }),
    );
    expect(scores[0].images).toBe(2);
    expect(scores[1].confusionMatrix).toEqual(scores[0].confusionMatrix);

    const resumed = await fcn('train', '--resume', '--out', at('planned'), '--plan', 'default');
    expectError(resumed, 2, /--resume: got plan .*expected .*"tiles":4/);
  });

  it('that cannot be used are named', async () => {
    const file = at('none.json');
    expectError(
      await train('none', alexnet, '--plan', file),
      2,
      /plan .*none\.json: cannot be read .*fcn tune/,
    );
    await writeFile(file, '{"plan": 1}');
    expectError(
      await train('none', alexnet, '--plan', file),
      2,
      /plan .*none\.json: processor.*make it again with fcn tune/,
    );
    expectError(
      await fcn('tune', '--model', 'fcn8s-mobilenetv2', '--width', '0.25'),
      2,
      /fcn8s-mobilenetv2, which has no 3x3 convolutions with stride 1/,
    );
  });
});
