import { readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../../../src/base/download/cache-folder.ts';
import { publishedDatasets } from '../../../src/data/published/catalog.ts';
import { publishedWeights } from '../../../src/weights/published/catalog.ts';
import { getWeights } from '../../../src/weights/published/weights.ts';
import {
  errorOf,
  listen,
  published,
  sendFile,
  serve,
  someBytes,
  temporaryFolder,
} from '../../base/download/helpers.ts';

const content = someBytes(50_000);
const patience = { stallTimeout: 1000, retryDelays: [] };

function entry(url: string, more = {}) {
  return { name: 'test', description: 'for a test', file: published(url, content, more) };
}

describe('weights', () => {
  it('are downloaded once and found in the cache later', async () => {
    const server = await serve(sendFile(content));
    const cache = path.join(await temporaryFolder(), 'not', 'yet', 'there');
    const first = await getWeights(entry(server.url), { cache, patience }, listen());
    const second = await getWeights(entry(server.url), { cache, patience }, listen());
    expect([first, second]).toEqual(Array(2).fill(path.join(cache, 'file.bin')));
    expect(await readFile(first)).toEqual(content);
    expect(server.requests).toHaveLength(1);
  });

  it('are downloaded again when the cache has something else under the name', async () => {
    const server = await serve(sendFile(content));
    const cache = await temporaryFolder();
    await writeFile(path.join(cache, 'file.bin'), content.subarray(1));
    const file = await getWeights(entry(server.url), { cache, patience }, listen());
    expect(await readFile(file)).toEqual(content);
  });

  it('go where --out says, from the cache if they are there', async () => {
    const server = await serve(sendFile(content));
    const [cache, folder] = [await temporaryFolder(), await temporaryFolder()];
    const direct = path.join(folder, 'direct.bin');
    expect(await getWeights(entry(server.url), { cache, out: direct, patience }, listen())).toBe(direct);
    expect(await readdir(cache)).toEqual([]);
    await getWeights(entry(server.url), { cache, patience }, listen());
    const copied = path.join(folder, 'new', 'copied.bin');
    await getWeights(entry(server.url), { cache, out: copied, patience }, listen());
    expect(await readFile(copied)).toEqual(content);
    expect(server.requests).toHaveLength(2);
    expect(await readdir(folder)).toEqual(['direct.bin', 'new']);
  });

  it('do not overwrite a file of the user, and take one that is right as it is', async () => {
    const server = await serve(sendFile(content));
    const [cache, folder] = [await temporaryFolder(), await temporaryFolder()];
    const out = path.join(folder, 'mine.bin');
    await writeFile(out, 'mine');
    for (const more of [{}, { checksum: undefined }]) {
      const error = await errorOf(getWeights(entry(server.url, more), { cache, out, patience }, listen()));
      expect(error.exitCode).toBe(2);
      expect(await readFile(out, 'utf8')).toBe('mine');
    }
    await writeFile(out, content);
    await getWeights(entry(server.url), { cache, out, patience }, listen());
    await errorOf(getWeights(entry(server.url), { cache, out: folder, patience }, listen()));
    expect(server.requests).toHaveLength(0);
  });

  it('do not go on with, or over, a part that is a file of the user', async () => {
    const server = await serve(sendFile(content));
    const [cache, folder] = [await temporaryFolder(), await temporaryFolder()];
    const out = path.join(folder, 'mine.bin');
    await writeFile(`${out}.part`, 'mine');
    for (const about of [undefined, '{"mine": true}', 'mine']) {
      if (about !== undefined) await writeFile(`${out}.part.json`, about);
      const error = await errorOf(getWeights(entry(server.url), { cache, out, patience }, listen()));
      expect(error.exitCode).toBe(2);
      expect(error.message).toContain('mine.bin.part, which fcn did not download');
      expect(await readFile(`${out}.part`, 'utf8')).toBe('mine');
    }
    expect(server.requests).toHaveLength(0);
  });

  it('that were carried by hand are checked before they are copied', async () => {
    const [cache, folder] = [await temporaryFolder(), await temporaryFolder()];
    const from = path.join(folder, 'carried.bin');
    const nowhere = entry('http://127.0.0.1:1');
    const missing = await errorOf(getWeights(nowhere, { cache, from }, listen()));
    expect(missing.message).toMatch(/carried\.bin: there is no such file/);
    await writeFile(from, content.subarray(1));
    const wrong = await errorOf(getWeights(nowhere, { cache, from }, listen()));
    expect(wrong.exitCode).toBe(2);
    expect(wrong.message).toMatch(/carried\.bin: got sha256/);
    expect(await readdir(cache)).toEqual([]);
    const inAFolder = await errorOf(getWeights(nowhere, { cache, from: folder }, listen()));
    expect(inAFolder.message).toContain('not a file');
    await writeFile(from, content);
    expect(await readFile(await getWeights(nowhere, { cache, from }, listen()))).toEqual(content);
  });

  it('without a checksum say so', async () => {
    const server = await serve(sendFile(content));
    const feedback = listen();
    const cache = await temporaryFolder();
    await getWeights(entry(server.url, { checksum: undefined }), { cache, patience }, feedback);
    expect(feedback.notices.join()).toContain('checksum');
  });
});

describe('the catalog', () => {
  const files = [
    ...publishedWeights.map(({ file }) => file),
    ...publishedDatasets.flatMap(({ archive, extras }) => [archive, ...extras.map(({ file }) => file)]),
  ];
  it('is well formed', () => {
    expect(new Set(files.map(({ name }) => name)).size).toBe(files.length);
    for (const { name, url, checksum } of files) {
      expect(path.basename(new URL(url).pathname)).toBe(name);
      if (checksum)
        expect(checksum.hex).toMatch(checksum.algorithm === 'sha1' ? /^[0-9a-f]{40}$/ : /^[0-9a-f]{64}$/);
    }
  });

  it('has for VGG-16 the checksum that its name begins with', () => {
    const { file } = publishedWeights.find(({ name }) => name === 'vgg16-torchvision')!;
    expect(file.checksum!.hex).toMatch(new RegExp(`^${/-([0-9a-f]{8})\./.exec(file.name)![1]}`));
  });
});

describe('the cache', () => {
  it.each<[NodeJS.Platform, NodeJS.ProcessEnv, string]>([
    ['linux', {}, path.join(homedir(), '.cache/fcn')],
    ['linux', { XDG_CACHE_HOME: '/data/cache' }, '/data/cache/fcn'],
    ['linux', { XDG_CACHE_HOME: 'relative' }, path.join(homedir(), '.cache/fcn')],
    ['darwin', { XDG_CACHE_HOME: '/data/cache' }, path.join(homedir(), 'Library/Caches/fcn')],
    ['win32', { LOCALAPPDATA: '/C/Local' }, '/C/Local/fcn/Cache'],
    ['win32', {}, path.join(homedir(), 'AppData/Local/fcn/Cache')],
    ['linux', { FCN_CACHE: '/mine', XDG_CACHE_HOME: '/data' }, '/mine'],
  ])('of %s with %j is %s', (platform, env, expected) => {
    expect(cacheFolder(env, platform)).toBe(expected);
  });
});
