import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultFolder } from '../../src/training/default-folder.ts';
import {
  expectError,
  expectSuccess,
  fcn,
  type Outcome,
  startFcn,
  temporaryFolder,
  tinyData,
  tinyNetwork,
} from './fcn.ts';
import { iterationsOf, tracesOf } from './run-traces.ts';

const data = ['--data', tinyData, '--threads', '1'];
/** What is decided for it does not depend on how fast the machine is. */
const fixed = ['--iterations', '30', '--resize', '32x32', '--validate-every', '7', '--checkpoint-every', '5'];
/** A network of which many updates take a second. */
const small = ['--recipe', 'finetune', '--model', 'fcn32s-alexnet', '--width', '0.0625'];

let folder: string;
let chosen: string;
let outcome: Outcome;
beforeAll(async () => {
  folder = await temporaryFolder();
  chosen = path.join(folder, 'chosen');
  outcome = await fcn('train', ...data, '--out', chosen, '--budget', '0.05');
}, 120_000);

const configOf = async (run: string) =>
  JSON.parse(await readFile(path.join(run, 'config.json'), 'utf8')) as Record<string, unknown>;

/** The lines of what was chosen, by setting: value and reason. */
function choicesIn({ stderr }: Outcome): Map<string, string[]> {
  const rows = [...stderr.matchAll(/^ {2}(\S+(?: \S+)*) {2,}(\S+) {2,}(\S.*)$/gm)];
  return new Map(rows.map(([, setting, value, reason]) => [setting!, [value!, reason!]]));
}

describe('fcn train --data alone', () => {
  it('trains, and ends with metrics and the commands to go on with', () => {
    expectSuccess(outcome);
    expect(outcome.stdout).toMatch(/^mean IoU +\d/m);
    expect(outcome.stdout).toContain('report.html');
    const predict = /^predict {2}fcn (predict --weights \S+.*) --out predictions PHOTO$/m.exec(
      outcome.stdout,
    );
    expect(predict?.[1]).toContain(path.join(chosen, 'best.safetensors'));
    for (const name of ['report.html', 'best.safetensors', 'summary.json']) {
      expect(existsSync(path.join(chosen, name)), name).toBe(true);
    }
  });

  it('says what it chose and why, one line each below the other, as config.json has it', async () => {
    const choices = choicesIn(outcome);
    const config = await configOf(chosen);
    expect(choices.get('first weights')).toEqual(['builtin', expect.stringContaining('--init none')]);
    expect(choices.get('network')?.[0]).toBe('fcn8s-mobilenetv2');
    expect(choices.get('learning rate')?.[0]).toBe(String(config.learningRate));
    expect(choices.get('iterations')?.[0]).toBe(String(config.iterations));
    expect(choices.get('validate every')?.[0]).toBe(String(config.validateEvery));
    expect(choices.get('augment')?.[0]).toBe((config.augment as string[]).join());
    expect(config).toMatchObject({ recipe: 'finetune', init: 'builtin', budget: 0.05 });
  });

  it('fits its budget to the speed of the machine', async () => {
    // A slow moment of the machine would break a bound on seconds: that it planned with the three there are, less what loading takes, can
    // be seen.
    const { iterations } = await configOf(chosen);
    expect(choicesIn(outcome).get('iterations')?.[1]).toMatch(
      /as many as fit into \d\.\d s at \d+ ms per update on 1 thread/,
    );
    expect(iterations).toBeLessThan(2000);
  });

  it('ends with a command that predicts as the network was validated', async () => {
    const [, command] = /^predict {2}fcn (.*) --out predictions PHOTO$/m.exec(outcome.stdout)!;
    const photos = path.join(folder, 'photos');
    expectSuccess(await fcn('data', 'make', tinyData, '--out', photos));
    const [predicted, scored] = [path.join(folder, 'predicted'), path.join(folder, 'scored')];
    const [name] = (await readFile(path.join(photos, 'ImageSets/Segmentation/val.txt'), 'utf8')).split('\n');
    const photo = path.join(photos, 'JPEGImages', `${name}.png`);
    expectSuccess(await fcn(...command!.split(' '), '--out', predicted, photo));
    const options = ['--resize', /--resize (\S+)/.exec(command!)![1]!, '--save-predictions', scored];
    const weights = ['--weights', path.join(chosen, 'best.safetensors')];
    expectSuccess(await fcn('evaluate', ...weights, '--data', `voc:${photos}`, ...options));
    const [one, other] = [predicted, scored].map((place) => readFile(path.join(place, `${name}.png`)));
    expect(await one).toEqual(await other);
  });

  it('can be repeated from config.json alone', async () => {
    const again = path.join(folder, 'again');
    await mkdir(again);
    await copyFile(path.join(chosen, 'config.json'), path.join(again, 'config.json'));
    expectSuccess(await fcn('train', '--resume', '--out', again));
    expect(await tracesOf(again)).toEqual(await tracesOf(chosen));
  });
});

describe('options', () => {
  it('override what is chosen, and their lines say so', async () => {
    const run = path.join(folder, 'overridden');
    const options = [...small, '--batch-size', '2'];
    const result = await fcn(
      'train',
      ...data,
      '--out',
      run,
      ...fixed,
      ...options,
      '--learning-rate',
      '0.002',
    );
    expectSuccess(result);
    const choices = choicesIn(result);
    for (const [setting, value] of [
      ...[['network', 'fcn32s-alexnet'] as const, ['width', '0.0625'] as const, ['batch', '2'] as const],
      ...[
        ['learning rate', '0.002'] as const,
        ['iterations', '30'] as const,
        ['validate every', '7'] as const,
      ],
    ]) {
      expect(choices.get(setting), setting).toEqual([value, 'as asked']);
    }
    expect(await configOf(run)).toMatchObject({
      ...{
        model: { model: 'fcn32s-alexnet', width: 0.0625 },
        batchSize: 2,
        learningRate: 0.002,
        iterations: 30,
      },
      ...{ validateEvery: 7, trainSize: { mode: 'resize', height: 32, width: 32 } },
    });
  });

  it('with --model alone, the recipe stays classic', async () => {
    const run = path.join(folder, 'classic');
    const options = [...tinyNetwork, '--iterations', '1'];
    expectSuccess(await fcn('train', ...data, '--out', run, ...options));
    expect(await configOf(run)).toMatchObject({ recipe: 'classic', learningRate: 1e-4 });
  });

  it.each([
    [['--model', 'fcn32s', '--budget', '1'], /--budget: got 1 with recipe classic, expected recipe finetune/],
    [
      ['--model', 'fcn8s', '--stages', '32s,8s', '--recipe', 'finetune'],
      /--recipe: got finetune with --stages, expected another/,
    ],
    [['--budget', '0'], /--budget: got '0', expected a number above 0/],
    [['--resume'], /--out: got nothing with --resume, expected the folder/],
  ])('that do not go together are refused: %j', async (options, message) => {
    const out = options.includes('--resume') ? [] : ['--out', path.join(folder, 'refused')];
    expectError(await fcn('train', ...data, ...out, ...options), 2, message);
    expect(existsSync(path.join(folder, 'refused'))).toBe(false);
  });
});

describe('data without a split val', () => {
  it('are validated on test, which is said', async () => {
    const photos = path.join(folder, 'untold');
    expectSuccess(await fcn('data', 'make', tinyData, '--out', photos));
    const lists = path.join(photos, 'ImageSets', 'Segmentation');
    await rename(path.join(lists, 'val.txt'), path.join(lists, 'test.txt'));
    const run = path.join(folder, 'on-test');
    const result = await fcn('train', '--data', photos, '--threads', '1', '--out', run, ...fixed, ...small);
    expectSuccess(result);
    expect(choicesIn(result).get('validated on')).toEqual(['test', 'there is no split val']);
    expect(await configOf(run)).toMatchObject({ valSplit: 'test' });
  });
});

describe('a run that was stopped', () => {
  it('goes on to the bytes of one that was not, with the command that began it', async () => {
    const whole = path.join(folder, 'whole');
    expectSuccess(await fcn('train', ...data, '--out', whole, ...fixed, ...small));
    const run = path.join(folder, 'stopped');
    const command = ['train', ...data, '--out', run, ...fixed, ...small, '--budget', '3'];
    const { child, ended } = startFcn(...command);
    while ((await iterationsOf(run)) < 8) await sleep(3);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expectSuccess(await fcn(...command, '--resume'));
    expect(await tracesOf(run)).toEqual(await tracesOf(whole));
  });

  it('refuses another budget: its settings are chosen', async () => {
    const run = path.join(folder, 'other-budget');
    await cp(chosen, run, { recursive: true });
    const again = ['train', '--resume', '--out', run, '--budget', '1'];
    expectError(await fcn(...again), 2, /--resume: got budget 1, expected 0\.05/);
  });
});

describe('the folder of a run without --out', () => {
  it.each([
    ['voc:some/VOC2012', 'VOC2012'],
    ['my-photos', 'my-photos'],
    ['my-photos/', 'my-photos'],
    ['coco:annotations/street.json', 'street'],
    ['shapes:?train=6', 'shapes'],
    ['shapes:', 'shapes'],
  ])('of %s is runs/%s', (data, name) => {
    expect(defaultFolder(data)).toBe(path.join('runs', name));
  });

  it('is one that there is not', async () => {
    const before = process.cwd();
    const place = path.join(folder, 'place');
    await mkdir(path.join(place, 'runs', 'photos'), { recursive: true });
    await writeFile(path.join(place, 'runs', 'photos-2'), 'not a folder');
    process.chdir(place);
    try {
      expect(defaultFolder('photos')).toBe(path.join('runs', 'photos-3'));
    } finally {
      process.chdir(before);
    }
  });
});
