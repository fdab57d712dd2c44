import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { saveModel } from '../../src/weights/model-file.ts';
import { expectError, expectSuccess, type Outcome } from '../cli/fcn.ts';
import { fcnInside } from '../cli/inside.ts';
import { tinyRun } from '../training/tiny-run.ts';

// Files that commands write and somebody else's file, a folder, a link or an input in their place.

let inputs: string;
let weights: string;
let image: string;
let label: string;
let data: string;
let predictions: string;
beforeAll(async () => {
  inputs = await mkdtemp(path.join(tmpdir(), 'fcn-inputs-'));
  weights = path.join(inputs, 'weights.safetensors');
  const { prepared } = await tinyRun();
  await saveModel(weights, { config: prepared.config.model, weights: prepared.weights });
  data = path.join(inputs, 'voc');
  expectSuccess(await fcnInside('data', 'make', 'shapes:?train=2&val=2&size=32', '--out', data));
  image = path.join(data, 'JPEGImages', 'val_000000.png');
  label = path.join(data, 'SegmentationClass', 'val_000000.png');
  predictions = path.join(inputs, 'predictions');
  expectSuccess(await fcnInside('predict', '--weights', weights, '--out', predictions, image, other(image)));
  return () => rm(inputs, { recursive: true, force: true });
});

/** The second of two images or labels. */
const other = (file: string) => file.replace('000000', '000001');

interface Command {
  readonly name: string;
  /** The file that is written, below a folder. */
  readonly file: string;
  readonly args: (file: string) => string[];
  /** What it reads, besides. */
  readonly reads: () => string[];
}

const network = ['--threads', '1'];
const voc = () => ['--data', `voc:${data}`];
const commands: readonly Command[] = [
  {
    ...{ name: 'predict --out', file: 'val_000000.png', reads: () => [weights, image] },
    args: (file) => ['predict', '--weights', weights, '--out', path.dirname(file), image, ...network],
  },
  {
    ...{ name: 'predict --overlay', file: 'val_000000.overlay.png', reads: () => [weights, image] },
    args: (file) => [
      'predict',
      '--weights',
      weights,
      '--overlay',
      '--out',
      path.dirname(file),
      image,
      ...network,
    ],
  },
  {
    ...{ name: 'predict --logits', file: 'val_000000.npy', reads: () => [weights, image] },
    args: (file) => [
      'predict',
      '--weights',
      weights,
      '--logits',
      '--out',
      path.dirname(file),
      image,
      ...network,
    ],
  },
  {
    ...{
      name: 'evaluate --json',
      file: 'm.json',
      reads: () => [weights, image, label, `${data}/classes.txt`],
    },
    args: (file) => ['evaluate', '--weights', weights, ...voc(), '--json', file, ...network],
  },
  {
    ...{ name: 'evaluate --per-image', file: 'm.csv', reads: () => [weights, other(label)] },
    args: (file) => ['evaluate', '--weights', weights, ...voc(), '--per-image', file, ...network],
  },
  {
    ...{ name: 'evaluate --save-predictions', file: 'val_000001.png', reads: () => [weights, image, label] },
    args: (file) => [
      ...['evaluate', '--weights', weights, ...voc(), '--save-predictions', path.dirname(file)],
      ...network,
    ],
  },
  {
    ...{
      name: 'score --json',
      file: 'm.json',
      reads: () => [label, path.join(predictions, path.basename(image))],
    },
    args: (file) => ['score', '--predictions', predictions, ...voc(), '--json', file],
  },
  {
    ...{ name: 'score --per-image', file: 'm.csv', reads: () => [label] },
    args: (file) => ['score', '--predictions', predictions, ...voc(), '--per-image', file],
  },
  {
    ...{ name: 'convert to safetensors', file: 'w.safetensors', reads: () => [weights] },
    args: (file) => ['convert', weights, file],
  },
  {
    ...{ name: 'convert to pth', file: 'w.pth', reads: () => [weights] },
    args: (file) => ['convert', weights, file],
  },
  {
    ...{ name: 'inspect --json', file: 'i.json', reads: () => [weights] },
    args: (file) => ['inspect', weights, '--json', file],
  },
  {
    ...{ name: 'export', file: 'n.onnx', reads: () => [weights] },
    args: (file) => ['export', '--weights', weights, '--out', file],
  },
  {
    ...{ name: 'quantize', file: 'n.onnx', reads: () => [weights, label.replace('val', 'train')] },
    args: (file) => ['quantize', '--weights', weights, ...voc(), '--out', file, ...network],
  },
  {
    ...{ name: 'data check --json', file: 'c.json', reads: () => [label, `${data}/classes.txt`] },
    args: (file) => ['data', 'check', `voc:${data}`, '--json', file],
  },
  {
    ...{
      name: 'data bounds --json',
      file: 'b.json',
      reads: () => [label, `${data}/ImageSets/Segmentation/val.txt`],
    },
    args: (file) => ['data', 'bounds', `voc:${data}`, '--json', file],
  },
];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-outputs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Refused with exit code 2 and one line, before anything was written. */
function expectRefusal(outcome: Outcome, ...patterns: (RegExp | string)[]): void {
  const lines = outcome.stderr.split('\n').filter((line) => line.startsWith('fcn: '));
  expectError({ ...outcome, stderr: lines.join('\n') }, 2, ...patterns);
}

describe.each(commands)('$name', ({ file: name, args, reads }) => {
  it('leaves a file of somebody else, also behind a link, until it is forced', async () => {
    const folder = await newFolder();
    const file = path.join(folder, name);
    await writeFile(file, 'mine');
    expectRefusal(await fcnInside(...args(file)), file, /was not written by this command.*--force/);
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect(await readdir(folder), 'nothing else was written').toEqual([name]);

    const linked = path.join(await newFolder(), name);
    await symlink(file, linked);
    expectRefusal(await fcnInside(...args(linked)), linked, /was not written by this command/);
    expect(await readFile(file, 'utf8')).toBe('mine');

    expectSuccess(await fcnInside(...args(file), '--force'));
    expect(await readFile(file, 'utf8')).not.toBe('mine');
  });

  it('replaces its own earlier result, and an empty file', async () => {
    const file = path.join(await newFolder(), name);
    await writeFile(file, '');
    expectSuccess(await fcnInside(...args(file)));
    const first = await readFile(file);
    expect(first.length).toBeGreaterThan(0);
    expectSuccess(await fcnInside(...args(file)));
    expect((await readFile(file)).equals(first)).toBe(true);
  });

  it('never writes over what it reads, whatever that is called there', async () => {
    for (const input of reads()) {
      const content = await readFile(input);
      for (const make of [link, symlink]) {
        const file = path.join(await newFolder(), name);
        await make(input, file);
        expectRefusal(await fcnInside(...args(file), '--force'), /also reads|belongs to the data|is where/);
        expect((await readFile(input)).equals(content), input).toBe(true);
      }
    }
  });

  it('refuses a folder of that name', async () => {
    const file = path.join(await newFolder(), name);
    await mkdir(file);
    expectRefusal(await fcnInside(...args(file), '--force'), file, /is a folder/);
    expect((await stat(file)).isDirectory()).toBe(true);
  });
});

describe('what a run has learned and written', () => {
  it('is no earlier result of other commands', async () => {
    const { run, prepared } = await tinyRun();
    onTestFinished(() => rm(run.folder, { recursive: true, force: true }));
    await saveModel(run.best, { config: prepared.config.model, weights: prepared.weights });
    expectSuccess(
      await fcnInside('evaluate', '--weights', weights, ...voc(), '--json', run.bestMetrics, ...network),
    );
    const content = await Promise.all([run.best, run.bestMetrics].map((file) => readFile(file, 'hex')));
    expectRefusal(await fcnInside('convert', weights, run.best), run.best, /--force/);
    const evaluating = ['evaluate', '--weights', weights, ...voc(), '--json', run.bestMetrics];
    expectRefusal(await fcnInside(...evaluating), run.bestMetrics, /--force/);
    for (const file of [run.configFile, run.best, run.bestMetrics])
      expectRefusal(await fcnInside('report', run.folder, '--out', file, '--force'), file, /also reads/);
    expect(await Promise.all([run.best, run.bestMetrics].map((file) => readFile(file, 'hex')))).toEqual(
      content,
    );
  });
});

describe('one file', () => {
  it('is not written twice by a command', async () => {
    const folder = await newFolder();
    const file = path.join(folder, 'm');
    const scoring = ['score', '--predictions', predictions, ...voc()];
    expectRefusal(
      await fcnInside(...scoring, '--json', file, '--per-image', path.join(folder, '.', 'x', '..', 'm')),
      /--json and --per-image: .* are the same file/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not converted into itself, however it is spelled', async () => {
    const before = await readFile(weights);
    for (const out of [weights, path.join(inputs, 'voc', '..', 'weights.safetensors')])
      expectRefusal(await fcnInside('convert', weights, out, '--force'), /also reads/);
    expect((await readFile(weights)).equals(before)).toBe(true);
  });
});

describe('a folder that is to be filled with a data set', () => {
  const making = (out: string) => ['data', 'make', 'shapes:?train=1&val=1&size=32', '--out', out];
  const converting = (out: string) => ['data', 'convert', `voc:${data}`, '--out', out];

  it.each([
    ['data make', making],
    ['data convert', converting],
  ])('by %s is refused unless it is empty or forced', async (_, args) => {
    const folder = await newFolder();
    await writeFile(path.join(folder, 'classes.txt'), 'mine');
    expectRefusal(await fcnInside(...args(folder)), folder, /not empty.*--force/);
    expect(await readdir(folder)).toEqual(['classes.txt']);
    expectSuccess(await fcnInside(...args(folder), '--force'));
    expectRefusal(await fcnInside(...args(folder)), folder, /not empty/);
    const file = path.join(await newFolder(), 'file');
    await writeFile(file, '');
    expectRefusal(await fcnInside(...args(file), '--force'), file, /is a file/);
  });

  it('is refused where the data are read, also when forced', async () => {
    const before = await readdir(inputs, { recursive: true });
    for (const out of [data, inputs, path.join(data, 'JPEGImages')])
      expectRefusal(await fcnInside(...converting(out), '--force'), out, /overlaps with the input/);
    const linked = path.join(await newFolder(), 'linked');
    await symlink(data, linked);
    expectRefusal(await fcnInside(...converting(linked), '--force'), linked, /overlaps with the input/);
    expect(await readdir(inputs, { recursive: true })).toEqual(before);
  });
});

describe('standard output', () => {
  it('takes the result as JSON, in place of the text', async () => {
    const { stdout, stderr } = await fcnInside('inspect', weights, '--json', '-');
    expect(JSON.parse(stdout)).toMatchObject({ origin: 'fcn' });
    expect(stderr).toBe('');
    expect((await fcnInside('data', 'bounds', `voc:${data}`, '--json', '/dev/null')).stdout).toContain(
      'factor',
    );
  });
});
