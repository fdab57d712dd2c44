import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalServer, serveLocally } from '../../src/viewing/local-server.ts';
import { ask as askAt } from './watch/ask.ts';

let server: LocalServer;
let port: number;
beforeAll(async () => {
  server = await serveLocally(
    (path) => (path === '/here' ? (_, response) => void response.end('found') : undefined),
    0,
  );
  port = Number(new URL(server.url).port);
});
afterAll(() => server.close());

const ask = (...request: Parameters<typeof askAt> extends [string, ...infer Rest] ? Rest : never) =>
  askAt(server.url, ...request);

describe('the server of a live page', () => {
  it.each(['127.0.0.1', 'localhost'])('answers to %s with its port', async (name) => {
    expect(await ask('/here', { host: `${name}:${port}` })).toMatchObject({ status: 200, body: 'found' });
  });

  it('answers to no other name, which a page of another site may have pointed at it', async () => {
    const others = [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      'localhost',
      `127.0.0.1:${port + 1}`,
      `127.0.0.1.evil.example:${port}`,
      `localhost:${port}.evil.example`,
      `[::1]:${port}`,
      `0.0.0.0:${port}`,
    ];
    for (const host of others) expect((await ask('/here', { host })).status, host).toBe(421);
  });

  it('answers to no request without a name', async () => {
    const reply = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('GET /here HTTP/1.0\r\n\r\n'));
      socket.on('data', (chunk) => (text += chunk)).on('close', () => resolve(text));
    });
    expect(reply).toMatch(/^HTTP\/1\.1 421 /);
    expect(reply).not.toContain('found');
  });

  it('refuses what a page of another site asks for', async () => {
    for (const origin of ['http://evil.example', 'null', `https://127.0.0.1:${port}`, `http://localhost`]) {
      expect((await ask('/here', { origin })).status, origin).toBe(403);
    }
    expect((await ask('/here', { origin: `http://127.0.0.1:${port}` })).status).toBe(200);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'])('refuses %s', async (method) => {
    expect(await ask('/here', {}, method)).toMatchObject({ status: 405, headers: { allow: 'GET' } });
  });

  it('knows its own paths only', async () => {
    for (const path of ['/', '/here/', '/here?x', '//here', '/HERE', '/../here', '/%68ere', '/here#x', '*']) {
      expect((await ask(path)).status, path).toBe(404);
    }
  });

  it('lets nothing be read, framed or loaded by others, whatever the answer', async () => {
    for (const reply of [
      await ask('/here'),
      await ask('/no'),
      await ask('/here', { host: 'evil.example' }),
    ]) {
      expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(reply.headers['content-security-policy']).toMatch(
        /^default-src 'none'; .*frame-ancestors 'none'/,
      );
      expect(reply.headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(reply.headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it('cannot be reached by the other addresses of the machine', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => address);
    for (const address of [...others, '127.0.0.2']) {
      const outcome = await new Promise<string>((resolve) => {
        const socket = connect(port, address, () => resolve('connected'));
        socket.on('error', (error) => resolve((error as NodeJS.ErrnoException).code!)).unref();
      });
      expect(outcome, address).toBe('ECONNREFUSED');
    }
  });

  it('says so when the port that was asked for is taken', async () => {
    await expect(serveLocally(() => undefined, port)).rejects.toMatchObject({
      message: expect.stringContaining(`--port: got ${port}, which is in use`),
      exitCode: 2,
    });
  });

  it('takes the next port when none was asked for and the usual one is taken', async () => {
    const first = await serveLocally(() => undefined, undefined);
    const second = await serveLocally(() => undefined, undefined);
    try {
      expect(Number(new URL(second.url).port)).toBeGreaterThan(Number(new URL(first.url).port));
    } finally {
      await first.close();
      await second.close();
    }
  });
});
