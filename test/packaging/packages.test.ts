import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stageMain } from '../../packaging/main-package.ts';
import { pack } from '../../packaging/pack.ts';
import { stagePlatform } from '../../packaging/platform-package.ts';
import { stageWeb } from '../../packaging/web-package.ts';
import { libraryPackage, platforms } from '../../src/engine/runtimes/native/library-path.ts';
import { installIn, isRegistryReachable, sizeOf } from './packed.ts';

const root = path.resolve(import.meta.dirname, '../..');
const here = `${process.platform}-${process.arch}`;
const megabyte = 1e6;
const packages = ['fcn', 'fcn-web'] as const;

let folder: string;
let main: string;
const tarballs: Record<string, string> = {};
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fcn-packages-'));
  main = path.join(folder, 'fcn');
  await stageMain(main);
  await stageWeb(path.join(folder, 'fcn-web'), main);
  await stagePlatform(here, path.join(folder, here));
  for (const name of [...packages, here]) tarballs[name] = await pack(path.join(folder, name), folder);
}, 240_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(packages)('the package %s', (name) => {
  it('has nothing that publint finds wrong', async () => {
    const { messages } = await publint({ pkgDir: path.join(folder, name), strict: true });
    expect(messages).toEqual([]);
  });

  it('has types that resolve as its modules do', async () => {
    const attw = path.join(root, 'node_modules/.bin/attw');
    await promisify(execFile)(attw, [tarballs[name]!, '--profile', 'esm-only', '--no-emoji']);
  });

  it('points to no file that is not in it', async () => {
    const dist = path.join(folder, name, 'dist');
    for (const file of await readdir(dist, { recursive: true })) {
      expect(file).not.toMatch(/\.map$/);
      if (file.endsWith('.js'))
        expect(await readFile(path.join(dist, file), 'utf8')).not.toContain('sourceMappingURL');
    }
  });
});

describe('the package fcn', () => {
  it('asks for the library of each platform, in the version that its package has', async () => {
    const { optionalDependencies } = JSON.parse(await readFile(path.join(main, 'package.json'), 'utf8'));
    expect(Object.keys(optionalDependencies)).toEqual(platforms.map(libraryPackage));
    const { version } = JSON.parse(await readFile(path.join(folder, here, 'package.json'), 'utf8'));
    expect(new Set(Object.values(optionalDependencies))).toEqual(new Set([version]));
  });

  it('names the license of every package that is installed with it', async () => {
    const page = await readFile(path.join(main, 'THIRD-PARTY.md'), 'utf8');
    const rows = page.split('## Installed with it')[1]!.split('\n');
    const { packages: locked } = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8'));
    for (const [place, { dev, peer, optional, license }] of Object.entries<Record<string, unknown>>(locked)) {
      if (place === '' || dev || peer || optional) continue;
      const name = place.replace('node_modules/', '');
      const row = rows.find((line) => line.split('|')[1]?.trim().split(', ').includes(name));
      expect(row, place).toBeDefined();
      for (const id of `${license}`.replace(/[()]/g, '').split(' AND ')) expect(row, place).toContain(id);
    }
  });

  it('has the license of everything that is in the page', async () => {
    const licenses = path.join(main, 'web/dist/licenses');
    expect(await readdir(licenses)).toEqual(
      expect.arrayContaining(['@bufbuild-protobuf', 'fast-png', 'onnxruntime-web', 'preact', 'zod']),
    );
    const notices = await readFile(path.join(licenses, 'onnxruntime-web/ThirdPartyNotices.txt'), 'utf8');
    expect(notices).toContain('Eigen');
  });
});

const isOnline = await isRegistryReachable();
const online = describe.skipIf(!isOnline);
const named = (name: string) => (isOnline ? name : `${name} (needs the npm registry)`);

online(named('installed by npm with its default settings in an empty folder'), () => {
  it('trains, evaluates and predicts, in less than 120 MB', async () => {
    const project = path.join(folder, 'project');
    const call = await installIn(project, [tarballs.fcn!, tarballs[here]!]);
    expect(existsSync(path.join(project, 'node_modules/onnxruntime-node'))).toBe(false);
    expect(await sizeOf(path.join(project, 'node_modules'))).toBeLessThan(120 * megabyte);
    const fcn = (...args: string[]) => call('npx', '--no', '--', 'fcn', ...args);
    const data = 'shapes:?train=4&val=2&size=64';
    const network = ['--model', 'fcn32s-squeezenet', '--width', '0.25', '--iterations', '2'];
    await fcn('train', '--data', data, ...network, '--out', 'run');
    const weights = ['--weights', 'run/last.safetensors'];
    expect(await fcn('evaluate', ...weights, '--data', data)).toMatch(/mean IoU/);
    const image = path.join(root, 'web/public/samples/cat.jpg');
    await fcn('predict', ...weights, '--out', 'predicted', image);
    expect(existsSync(path.join(project, 'predicted/cat.png'))).toBe(true);
    const script = "const { createSegmenter } = await import('fcn'); console.log(typeof createSegmenter)";
    expect(await call(process.execPath, '--input-type=module', '-e', script)).toBe('function\n');
  }, 240_000);

  it('gives pages what they need in less than 30 MB', async () => {
    const project = path.join(folder, 'web-project');
    const call = await installIn(project, [tarballs['fcn-web']!]);
    expect(await sizeOf(path.join(project, 'node_modules'))).toBeLessThan(30 * megabyte);
    const model = path.join(root, 'web/public/model/photos.onnx');
    const script = `
      import { readFile } from 'node:fs/promises';
      import { loadSegmenter } from 'fcn-web';
      const segmenter = await loadSegmenter(await readFile(${JSON.stringify(model)}), { backend: 'wasm', threads: 1 });
      const image = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) };
      const { classes } = await segmenter.segment(image);
      console.log(classes.data.length);
      process.exit();`;
    expect(await call(process.execPath, '--input-type=module', '-e', script)).toBe('4096\n');
  }, 240_000);
});
