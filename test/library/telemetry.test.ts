import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { builtinWeights } from '../../src/weights/builtin.ts';
import { fcnProgram, startProgram, temporaryFolder } from '../cli/fcn.ts';

const library = fileURLToPath(new URL('../../dist/library/index.js', import.meta.url));

/** What a program leaves in the user's folder and among temporary files, which is where ONNX Runtime keeps its events. */
async function filesAfter(args: (folder: string) => string[], setting?: string): Promise<string[]> {
  const folder = await mkdtemp(path.join(await temporaryFolder(), 'run-'));
  const places = ['home', 'temporary'].map((name) => path.join(folder, name));
  for (const place of places) await mkdir(place);
  const photo = { width: 40, height: 30, channels: 3, background: 'teal' } as const;
  await sharp({ create: photo }).png().toFile(path.join(folder, 'photo.png'));
  const { CI: _, ORT_DISABLE_TELEMETRY: __, XDG_CACHE_HOME: ___, ...others } = process.env; // CI, too, keeps it quiet
  const env = { ...others, HOME: places[0], TMPDIR: places[1] };
  const asked = setting === undefined ? env : { ...env, ORT_DISABLE_TELEMETRY: setting };
  const { code, stderr } = await startProgram(process.execPath, args(folder), asked).ended;
  expect(code, stderr).toBe(0);
  expect(await readdir(path.join(folder, 'out'))).toEqual(['photo.png']);
  const files = await Promise.all(places.map((place) => readdir(place, { recursive: true })));
  return files.flat();
}

const command = (folder: string) => [
  ...[fcnProgram, 'predict', path.join(folder, 'photo.png')],
  ...['--out', path.join(folder, 'out'), '--threads', '1'],
];

/** Calls the library in a thread of the program, whose `process.env` is its own. */
const inWorker = (folder: string) => {
  const settings = {
    weights: builtinWeights(),
    images: [path.join(folder, 'photo.png')],
    out: path.join(folder, 'out'),
    threads: 1,
  };
  const work = `import(${JSON.stringify(library)}).then(({ predictFiles }) => predictFiles(${JSON.stringify(settings)}))`;
  return ['-e', `new (require('node:worker_threads').Worker)(${JSON.stringify(work)}, { eval: true })`];
};

describe.skipIf(process.platform === 'win32')('telemetry of ONNX Runtime', () => {
  it.each([
    ['the command', command],
    ['the library in a worker thread', inWorker],
  ])('is not collected by %s', async (_, args) => {
    expect(await filesAfter(args)).toEqual([]);
  });

  it('is left as it is where the user asks for it', async () => {
    expect((await filesAfter(command, '0')).join('\n')).toContain('onnxruntime.db');
  });
});
