import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  expectError,
  expectSuccess,
  fcn,
  fcnCommand,
  startProgram,
  temporaryFolder,
  tinyTraining,
} from './fcn.ts';
import { fcnInside } from './inside.ts';

describe('help', () => {
  it('is what fcn alone prints, on standard error', async () => {
    const { code, stdout, stderr } = await fcn();
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^Usage: fcn /);
    expect(code).toBe(2);
  });

  it('is there for every command', async () => {
    const { stdout } = await fcn('--help');
    const commands = commandsIn(stdout);
    expect(commands).toEqual(expect.arrayContaining(['train', 'evaluate', 'predict', 'score', 'inspect']));
    for (const command of commands) {
      const help = await fcnInside(command, '--help');
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`Usage: fcn ${command}`);
      expect(help.stdout).toContain('--verbose');
    }
  });

  it('stands beside the version', async () => {
    const { code, stdout } = await fcn('--version');
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(code).toBe(0);
  });
});

describe('a command line that is wrong', () => {
  const cases: [string, string[], RegExp][] = [
    ['an unknown command', ['frobnicate'], /got 'frobnicate'.*fcn --help/],
    ['a command with a slip', ['trian'], /got 'trian'.*did you mean train/],
    ['help for an unknown command', ['help', 'frobnicate'], /got 'frobnicate'.*fcn --help/],
    ['an unknown command with --help', ['trian', '--help'], /got 'trian'.*did you mean train/],
    ['help for an unknown subcommand', ['data', 'help', 'frobnicate'], /got 'frobnicate'.*fcn data --help/],
    ['an unknown subcommand with --help', ['data', 'frobnicate', '--help'], /got 'frobnicate'/],
    ['an unknown subcommand', ['data', 'frobnicate'], /got 'frobnicate'.*fcn data --help/],
    ['an unknown option', ['train', '--out', 'x', '--bogus'], /got '--bogus'.*fcn train --help/],
    [
      'an option with a slip',
      ['train', '--out', 'x', '--iteration', '3'],
      /'--iteration'.*did you mean --iterations/,
    ],
    ['an option of another trainer', ['train', '--lr', '1e-3'], /got '--lr'.*did you mean --learning-rate\?/],
    ['a device', ['train', '--gpu', '0'], /got '--gpu'.*did you mean --device webgpu\?/],
    ['an option without its value', ['train', '--out'], /--out: got nothing, expected <DIR>/],
    ['a required option that is missing', ['evaluate', '--data', 'shapes:'], /--weights: got nothing/],
    ['a required argument that is missing', ['inspect'], /<file>: got nothing/],
    ['an argument too many', ['inspect', 'a', 'b'], /got 2, expected 1/],
    [
      'a subcommand with an option of another',
      ['data', 'make', 'shapes:', '--out', 'x', '--split', 'val'],
      /'--split'/,
    ],
  ];
  it.each(cases)('%s', async (_, args, message) => {
    expectError(await fcnInside(...args), 2, message);
  });
});

describe('an option value that is wrong', () => {
  const cases: [option: string, value: string, message: RegExp][] = [
    ['--model', 'fcn64s', /'fcn64s', expected one of fcn32s, fcn16s, fcn8s/],
    ['--recipe', 'secret', /'secret', expected one of finetune, classic, paper2015, heavy/],
    ['--augment', 'flip,blur', /'blur', expected none or some of flip,scale/],
    ['--deconvolution', 'none', /'none', expected one of fixed, final-fixed, learned/],
    ['--input', 'keras', /'keras', expected one of caffe, torchvision/],
    ['--iterations', '-1', /'-1', expected a whole number from 0/],
    ['--iterations', '1.5', /'1\.5', expected a whole number/],
    ['--iterations', '1e20', /'1e20', expected a whole number/],
    ['--epochs', '0', /'0', expected a whole number from 1/],
    ['--batch-size', '0', /'0', expected a whole number from 1/],
    ['--batch-size', 'many', /'many', expected a whole number/],
    ['--threads', '1000000', /expected a whole number from 1 to 1024/],
    ['--learning-rate', '-1', /'-1', expected a number of at least 0/],
    ['--learning-rate', 'Infinity', /'Infinity', expected a number/],
    ['--momentum', '1', /'1', expected a number from 0 to below 1/],
    ['--optimizer', 'adam', /'adam', expected one of sgd, adamw/],
    ['--schedule', 'linear', /'linear', expected one of constant, step, poly, cosine/],
    ['--betas', '0.9', /'0\.9', expected two values, as in A,B/],
    ['--betas', '0.9,1', /'0\.9,1', expected a number from 0 to below 1/],
    [
      '--objective',
      'ce+bce',
      /'ce\+bce', expected some of ce, focal, sigmoid, dice, lovasz, each once, as in ce\+dice/,
    ],
    ['--objective', 'ce+ce', /'ce\+ce', expected some of/],
    ['--objective', '0*ce', /'0\*ce', expected some of/],
    ['--hard-pixels', '0', /'0', expected a number above 0, at most 1/],
    ['--patience', '-1', /'-1', expected a whole number from 0/],
    ['--clip', '-1', /'-1', expected a number of at least 0/],
    ['--warmup', '0.5', /'0\.5', expected a whole number from 0/],
    ['--dropout', '1', /'1', expected a number from 0 to below 1/],
    ['--width', '0', /'0', expected a number above 0/],
    ['--crop', '224', /'224', expected HEIGHTxWIDTH/],
    ['--crop', '0x10', /'0x10', expected HEIGHTxWIDTH/],
    ['--resize', '10x-1', /'10x-1', expected HEIGHTxWIDTH/],
    ['--val-size', 'big', /'big', expected HEIGHTxWIDTH/],
    ['--validate-every', '-5', /'-5', expected a whole number from 0/],
  ];
  it.each(cases)('%s %s', async (option, value, message) => {
    const out = path.join(await temporaryFolder(), 'run');
    const outcome = await fcnInside(
      'train',
      '--out',
      out,
      '--data',
      'shapes:',
      '--model',
      'fcn8s',
      option,
      value,
    );
    expectError(outcome, 2, `${option.slice(2)}: got`, message);
    expect(existsSync(out), 'the run folder').toBe(false);
  });

  const contradictions = [
    [['--crop', '32x32'], /--crop and --native-size: got both/],
    [['--changed-data'], /--changed-data: got it without --resume, expected both or neither/],
    [['--force'], /--force: got it without --resume or --dry-run, expected one of them/],
    [['--iterations', '2', '--epochs', '2'], /--iterations and --epochs: got both/],
    [['--optimizer', 'adamw', '--momentum', '0.9'], /--momentum: got 0\.9 with --optimizer adamw/],
    [
      ['--objective', 'dice', '--loss', 'sum'],
      /--objective: got dice with summed losses, expected --loss mean/,
    ],
    [
      ['--patience', '2', '--validate-every', '0'],
      /--patience: got 2 with --validate-every 0, expected a run with/,
    ],
    [['--warmup', '1000000'], /--warmup: got 1000000 iterations, expected fewer than the \d+ of the run/],
    [['--val-size', '32x32'], /--native-size and --val-size: got both/],
  ] as const;
  it.each(contradictions)('%j, which contradicts another', async (options, message) => {
    const out = path.join(await temporaryFolder(), 'run');
    expectError(await fcnInside(...tinyTraining(out, ...options)), 2, message);
    expect(existsSync(out), 'the run folder').toBe(false);
  });

  it('a size that no memory can hold', async () => {
    const out = path.join(await temporaryFolder(), 'run');
    const args = ['--data', 'shapes:', '--model', 'fcn32s', '--width', '0.03125', '--iterations', '1'];
    const outcome = await fcnInside(
      'train',
      '--out',
      out,
      ...args,
      '--crop',
      '9000000x9000000',
      '--threads',
      '1',
    );
    expectError(outcome, 2, /memory/, /lower the image size/);
  });
});

describe('data and network of a training', () => {
  const cases: [string, string[], RegExp][] = [
    [
      'no data',
      ['--model', 'fcn8s'],
      /--data: got nothing, expected a data set: voc:DIR, .*folder:DIR or shapes:/,
    ],
    [
      'no model',
      ['--data', 'shapes:', '--recipe', 'classic'],
      /--model: got nothing, expected one of fcn32s/,
    ],
    ['no scheme', ['--data', 'VOC2012', '--model', 'fcn8s'], /'VOC2012'.*expected.*voc:, .*shapes:/],
    ['an unknown scheme', ['--data', 'zip:x', '--model', 'fcn8s'], /'zip:x'.*expected.*voc:, .*shapes:/],
    ['an unknown parameter', ['--data', 'shapes:?n=1', '--model', 'fcn8s'], /'n'.*train, val, size/],
    ['a parameter out of range', ['--data', 'shapes:?size=1', '--model', 'fcn8s'], /size '1'.*32\.\.1024/],
  ];
  it.each(cases)('%s', async (_, args, message) => {
    const out = path.join(await temporaryFolder(), 'run');
    expectError(await fcnInside('train', '--out', out, ...args), 2, message);
    expect(existsSync(out), 'the run folder').toBe(false);
  });
});

describe('--verbose', () => {
  it('adds the stack trace to the line', async () => {
    const { code, stderr } = await fcn('inspect', 'missing.safetensors', '--verbose');
    expect(stderr).toMatch(/^fcn: cannot read .*missing\.safetensors/);
    expect(stderr).toMatch(/\n {4,}at .*runCli/);
    expect(code).toBe(2);
  });
});

/** The commands that the help lists, without the help command itself. */
function commandsIn(help: string): string[] {
  const listed = help.slice(help.indexOf('Commands:')).matchAll(/^ {2}(\w+) /gm);
  return [...listed].map(([, name]) => name!).filter((name) => name !== 'help');
}

describe('an empty text', () => {
  const made = ['data', 'make', 'shapes:?train=1&val=1&size=32', '--out'];
  it.each([
    ['--out', made],
    ['--data', ['train', '--data']],
    ['--json', ['predict', 'photo.jpg', '--json']],
    ['--with', ['predict', 'photo.jpg', '--with', 'depths', '--with']],
    ['<image>', ['predict']],
    ['<spec>', ['data', 'check']],
  ])('is refused for %s, as what a shell makes of a variable that is not set', async (what, args) => {
    expectError(await fcnInside(...args, ''), 2, `${what}: got an empty text, expected a value`);
  });

  it('writes over nothing in the current folder', async () => {
    const folder = await temporaryFolder();
    const names = path.join(folder, 'classes.txt');
    await writeFile(names, 'mine\n');
    const { code } = await startProgram('sh', ['-c', `cd '${folder}' && ${fcnCommand(...made, '')}`]).ended;
    expect(code).toBe(2);
    expect(await readdir(folder)).toEqual(['classes.txt']);
    expect(await readFile(names, 'utf8')).toBe('mine\n');
  });
});

describe('a file in a folder that is not there', () => {
  it('is written into a new one', async () => {
    const folder = await temporaryFolder();
    const [data, json] = [path.join(folder, 'data'), path.join(folder, 'not', 'yet', 'there', 'check.json')];
    expectSuccess(await fcnInside('data', 'make', 'shapes:?train=1&val=1&size=32', '--out', data));
    expectSuccess(await fcnInside('data', 'check', `voc:${data}`, '--json', json));
    expect(JSON.parse(await readFile(json, 'utf8'))).toBeTypeOf('object');
  });

  it('is refused before work begins where there can be none', async () => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, 'file'), '');
    const json = path.join(folder, 'file', 'below', 'check.json');
    const { code, stdout, stderr } = await fcnInside('data', 'check', 'shapes:', '--json', json);
    expect(stderr).toBe(
      `fcn: --json: got ${json}, expected a place that can be written to; ${path.join(folder, 'file')}: it is not a folder; choose another folder\n`,
    );
    expect([code, stdout]).toEqual([2, '']);
  });
});
