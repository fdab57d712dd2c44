import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalServer } from '../../../src/viewing/local-server.ts';
import { servePage } from '../../../src/viewing/page/serve-page.ts';
import { ask } from '../watch/ask.ts';

let folder: string;
let server: LocalServer;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fcn-page-'));
  const page = path.join(folder, 'page');
  await mkdir(path.join(page, 'assets'), { recursive: true });
  await writeFile(path.join(folder, 'secret.txt'), 'secret');
  await writeFile(path.join(page, 'index.html'), '<title>page</title>');
  await writeFile(path.join(page, 'assets/run.wasm.gz'), gzipSync('WebAssembly'));
  server = await servePage(0, page);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

it.each(['/', '/index.html', '/?model=https://example.com/a.onnx'])(
  'serves the page at %s',
  async (address) => {
    const { status, headers, body } = await ask(server.url, address);
    expect([status, body]).toEqual([200, '<title>page</title>']);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
  },
);

it('sends what lies compressed as it lies, and unpacked to who cannot read that', async () => {
  const response = await fetch(new URL('assets/run.wasm', server.url)); // which asks for gzip, and unpacks it
  expect(response.headers.get('content-encoding')).toBe('gzip');
  expect(response.headers.get('content-type')).toBe('application/wasm');
  expect(await response.text()).toBe('WebAssembly');
  const { headers, body } = await ask(server.url, '/assets/run.wasm');
  expect(headers['content-encoding']).toBeUndefined();
  expect(body).toBe('WebAssembly');
});

it.each([
  '/../secret.txt',
  '/assets/../../secret.txt',
  '/%2e%2e/secret.txt',
  '//secret.txt',
  '/assets',
  '/%',
  '*',
])('has nothing at %s', async (address) => {
  expect((await ask(server.url, address)).status).toBe(404);
});

it('says how to build a page that is not built', async () => {
  await expect(servePage(0, path.join(folder, 'nowhere'))).rejects.toThrow(
    /page: got none in .*; run npm run web:build/,
  );
});
