import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readSafetensors } from '../../src/weights/safetensors/safetensors.ts';
import {
  expectError,
  expectSuccess,
  fcn,
  fcnCommand,
  temporaryFolder,
  tinyData,
  tinyTraining,
} from './fcn.ts';

const run = promisify(execFile);

let folder: string;
let weights: string;
let image: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  expectSuccess(await fcn(...tinyTraining(path.join(folder, 'run'), '--iterations', '0')));
  weights = path.join(folder, 'run', 'last.safetensors');
  expectSuccess(await fcn('data', 'make', tinyData, '--out', path.join(folder, 'voc')));
  image = path.join(folder, 'voc', 'JPEGImages', 'val_000000.png');
});

const evaluating = () => ['evaluate', '--weights', weights, '--data', tinyData, '--threads', '1'];

describe('a folder that cannot be made, below a regular file', () => {
  const commands: [string, (out: string) => string[]][] = [
    ['train --out', (out) => tinyTraining(out, '--iterations', '1')],
    ['data make --out', (out) => ['data', 'make', tinyData, '--out', out]],
  ];
  it.each(commands)('%s', async (_, args) => {
    const file = path.join(folder, 'file');
    await writeFile(file, 'kept');
    const out = path.join(file, 'below');
    expectError(await fcn(...args(out)), 1, `cannot create the folder ${out}`, /part of the path is a file/);
    expect(await readFile(file, 'utf8')).toBe('kept');
  });

  // Not even root makes folders there; Node's own recursive mkdir tries for ever.
  it.skipIf(!existsSync('/proc/self'))('train --out, in a folder that takes none', async () => {
    const out = '/proc/fcn/run';
    expectError(await fcn(...tinyTraining(out, '--iterations', '1')), 1, `cannot create the folder ${out}`);
  });

  it.each([
    ['predict --out', (out: string) => ['predict', '--weights', weights, '--out', out, image]],
    ['evaluate --save-predictions', (out: string) => [...evaluating(), '--save-predictions', out]],
    ['evaluate --json', (out: string) => [...evaluating(), '--json', out]],
  ])('%s, which is said before the work', async (name, args) => {
    const file = path.join(folder, 'file');
    await writeFile(file, 'kept');
    const outcome = await fcn(...args(path.join(file, 'below')));
    expectError(outcome, 2, `${name.split(' ')[1]}: got ${file}`, `${file}: it is not a folder`);
    expect(await readFile(file, 'utf8')).toBe('kept');
  });

  it.skipIf(!existsSync('/proc/self'))('evaluate --json, in a folder that takes none', async () => {
    const { code, stderr, stdout } = await fcn(...evaluating(), '--json', '/proc/fcn/metrics.json');
    expect(stderr).toMatch('fcn: cannot create the folder /proc/fcn: ');
    expect(stdout, 'the figures are not lost').toContain('pixel accuracy');
    expect(code).toBe(1);
  });
});

describe('a folder that already holds a run', () => {
  it('is left alone without --resume', async () => {
    const out = path.join(folder, 'twice');
    expectSuccess(await fcn(...tinyTraining(out, '--iterations', '2')));
    const before = await contentOf(out);
    const outcome = await fcn(...tinyTraining(out, '--iterations', '2', '--seed', '7'));
    expectError(outcome, 2, out, /already holds a run.*--resume/);
    expect(await contentOf(out)).toEqual(before);
  });

  it('can be used again when the first attempt made no iteration', async () => {
    const out = path.join(folder, 'again');
    const tooLarge = ['--val-size', 'native', '--crop', '9000000x9000000', '--iterations', '1'];
    const args = tinyTraining(out).filter((arg) => arg !== '--native-size');
    expectError(await fcn(...args, ...tooLarge), 2, /memory/);
    expectSuccess(await fcn(...tinyTraining(out, '--iterations', '2')));
  });
});

/** Every file below a folder with its content. */
async function contentOf(out: string): Promise<Record<string, string>> {
  const names = (await readdir(out, { recursive: true })).sort();
  const files = [];
  for (const name of names) if ((await stat(path.join(out, name))).isFile()) files.push(name);
  const contents = files.map(async (name) => [
    name,
    (await readFile(path.join(out, name))).toString('base64'),
  ]);
  return Object.fromEntries(await Promise.all(contents));
}

describe('a file that is no plain file', () => {
  it('a pipe is written to, not replaced', async () => {
    const pipe = path.join(folder, 'pipe');
    await run('mkfifo', [pipe]);
    const [{ stdout }, outcome] = await Promise.all([
      run('cat', [pipe]),
      fcn(...evaluating(), '--json', pipe),
    ]);
    expectSuccess(outcome);
    expect(JSON.parse(stdout)).toMatchObject({ images: 2 });
    expect((await stat(pipe)).isFIFO()).toBe(true);
  });

  it('a symbolic link keeps pointing to the file', async () => {
    const [link, target] = [path.join(folder, 'link.json'), path.join(folder, 'target.json')];
    await writeFile(target, '{}');
    await symlink(target, link);
    expectSuccess(await fcn(...evaluating(), '--json', link, '--force'));
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(JSON.parse(await readFile(target, 'utf8'))).toMatchObject({ images: 2 });
  });
});

describe('standard output', () => {
  it('that nobody reads to its end is no error', async () => {
    // The shell's own exit code is that of head; it is the program's that matters.
    const command = `{ ${fcnCommand('inspect', weights)}; echo "exit code $?" >&2; } | head -n 0`;
    const { stdout, stderr } = await run('sh', ['-c', command]);
    expect(stdout).toBe('');
    expect(stderr).toBe('exit code 0\n');
  });

  it.skipIf(!existsSync('/dev/full'))('on a disk that is full is one line and exit code 1', async () => {
    const shell = run('sh', ['-c', `${fcnCommand('inspect', weights)} > /dev/full`]);
    await expect(shell).rejects.toMatchObject({
      code: 1,
      stderr: 'fcn: cannot write the result to standard output: the disk is full\n',
    });
  });
});

describe('a disk that is full in the middle of a training', () => {
  it('keeps what was saved, and the run goes on when there is room', async (context) => {
    const disk = path.join(folder, 'disk');
    await mkdir(disk);
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=6600k', 'tmpfs', disk]);
    } catch {
      return context.skip('cannot mount a small disk here: needs Linux and the right to mount');
    }
    onTestFinished(async () => void (await run('umount', [disk])));
    // A checkpoint takes 3 MB, best.safetensors 1.5 MB: the second checkpoint does not fit beside the first.
    const out = path.join(disk, 'run');
    const settings = ['--iterations', '4', '--checkpoint-every', '1', '--validate-every', '1'];
    const outcome = await fcn(...tinyTraining(out, ...settings));
    expectError(outcome, 1, /cannot write .*iteration-2\.safetensors: the disk is full/);
    expect(await readdir(path.join(out, 'checkpoints'))).toEqual(['iteration-1.safetensors']);
    expect((await readdir(out)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    await readSafetensors(path.join(out, 'checkpoints', 'iteration-1.safetensors'));
    await readSafetensors(path.join(out, 'best.safetensors'));

    await run('mount', ['-o', 'remount,size=20m', disk]);
    expectSuccess(await fcn('train', '--resume', '--out', out));
    const undisturbed = path.join(folder, 'undisturbed');
    expectSuccess(await fcn(...tinyTraining(undisturbed, ...settings)));
    const last = (at: string) => readFile(path.join(at, 'last.safetensors'));
    expect((await last(out)).equals(await last(undisturbed))).toBe(true);
  });
});
