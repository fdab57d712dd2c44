import { spawn } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { publishedWeights } from '../../src/weights/published/catalog.ts';
import { sendFile, serve, someBytes, stallAt, temporaryFolder } from '../base/download/helpers.ts';
import { expectError, type Outcome } from './fcn.ts';

const program = fileURLToPath(new URL('../../bin/fcn.js', import.meta.url));
const content = someBytes(300_000);

/** Runs the program with a cache and a mirror of its own: it never asks the real addresses. */
async function fetchCli(
  mirror: string,
  cache: string,
  args: string[],
  interruptAt?: RegExp,
): Promise<Outcome> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FCN_CACHE: cache, FCN_MIRROR: mirror },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  const interrupt = setInterval(async () => {
    const files = interruptAt ? await readdir(cache).catch(() => []) : [];
    if (files.some((name) => interruptAt!.test(name))) child.kill('SIGINT');
  }, 100);
  return new Promise((resolve) =>
    child.on('close', (code, signal) => {
      clearInterval(interrupt);
      resolve({ code, signal, ...output });
    }),
  );
}

describe('fcn weights', () => {
  it('lists what it knows', async () => {
    const { stdout, code } = await fetchCli('', await temporaryFolder(), ['weights', 'list']);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(publishedWeights.length);
    for (const { name, file } of publishedWeights)
      expect(stdout).toMatch(new RegExp(`^${name} .* ${file.url}$`, 'm'));
  });

  it('gets a file from a mirror and prints where it is', async () => {
    const server = await serve(sendFile(content));
    const cache = await temporaryFolder();
    const { code, stdout, stderr } = await fetchCli(`${server.url}/models/`, cache, [
      'weights',
      'get',
      'fcn16s-heavy-pascal',
    ]);
    expect(code, stderr).toBe(0);
    expect(server.requests[0]!.url).toBe('/models/fcn16s-heavy-pascal.caffemodel');
    expect(await readFile(stdout.trimEnd())).toEqual(content);
    expect(stderr).toMatch(/300\/300 kB/);
    expect(stderr).toContain('checksum');
  });

  it('refuses what a mirror has changed', async () => {
    const server = await serve(sendFile(content));
    const cache = await temporaryFolder();
    const outcome = await fetchCli(server.url, cache, ['weights', 'get', 'fcn8s-heavy-pascal']);
    const stderr = outcome.stderr.replace(/^fcn8s-.*kB.*\n/gm, ''); // progress
    expectError({ ...outcome, stderr }, 1, 'got sha1', 'expected c449ea74dd7d83751d1357d6a8c323fcf4038962');
    expect(await readdir(cache)).toEqual([]);
  });

  it('continues after Ctrl-C', async () => {
    const server = await serve(stallAt(content, 100_000), sendFile(content));
    const cache = await temporaryFolder();
    const args = ['weights', 'get', 'fcn16s-heavy-pascal'];
    const first = await fetchCli(server.url, cache, args, /\.part$/);
    expect(first.code, first.stderr).toBe(130);
    expect(first.stderr).toContain('continues the download');
    // As far as it came before the signal.
    const part = (await readdir(cache, { recursive: true })).find((name) => name.endsWith('.part'));
    const { size } = await stat(path.join(cache, part!));
    expect(size).toBeGreaterThan(0);
    const second = await fetchCli(server.url, cache, args);
    expect(await readFile(second.stdout.trimEnd())).toEqual(content);
    expect(server.requests[1]!.headers.range).toBe(`bytes=${size}-`);
  });

  it('says what names there are', async () => {
    const cache = await temporaryFolder();
    expectError(await fetchCli('', cache, ['weights', 'get', 'vgg']), 2, "got 'vgg'", 'vgg16-torchvision');
    expectError(
      await fetchCli('', cache, ['data', 'get', 'coco', '--root', cache]),
      2,
      "got 'coco'",
      'voc2012, voc2011, sbd',
    );
    expectError(await fetchCli('', cache, ['data', 'get', 'sbd']), 2, '--root');
    expectError(await fetchCli('ftp://x', cache, ['weights', 'get', 'vgg16-caffe']), 2, 'FCN_MIRROR');
  });

  it('checks files that were carried by hand', async () => {
    const cache = await temporaryFolder();
    const from = path.join(cache, 'carried.pth');
    await writeFile(from, content);
    const weights = await fetchCli('', cache, ['weights', 'get', 'vgg16-torchvision', '--from', from]);
    expectError(weights, 2, 'carried.pth', 'got 300000 bytes, expected 553433881');
    const data = await fetchCli('', cache, ['data', 'get', 'voc2011', '--root', cache, '--from', from]);
    expectError(data, 2, 'carried.pth', 'got sha256');
  });
});
