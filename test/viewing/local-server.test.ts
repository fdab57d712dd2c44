import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type LocalServer, serveLocally } from '../../src/viewing/local-server.ts';
import { ask as askAt } from './watch/ask.ts';

let server: LocalServer;
let port: number;
/** Requests for a path whose answer takes a while. */
let answered = 0;
beforeAll(async () => {
  const paths: Record<string, Answer> = {
    '/here': (_, response) => void response.end('found'),
    '/later': async (_, response) => {
      answered++;
      await sleep(20);
      response.end('found');
    },
  };
  server = await serveLocally((path) => paths[path], 0);
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

  it('refuses what a page of another site loads without reading it, but not a link that was followed', async () => {
    for (const site of ['cross-site', 'same-site']) {
      const from = (mode: string) => ({ 'sec-fetch-site': site, 'sec-fetch-mode': mode });
      for (const mode of ['no-cors', 'cors', 'same-origin'])
        expect((await ask('/here', from(mode))).status, `${site} ${mode}`).toBe(403);
      expect((await ask('/here', from('navigate'))).status, site).toBe(200);
    }
    for (const site of ['same-origin', 'none'])
      expect((await ask('/here', { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' })).status).toBe(200);
  });

  it('ends a connection on which somebody asks again before the answer', async () => {
    const wanted = `GET /later HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    answered = 0;
    await new Promise<void>((resolve) => {
      connect(port, '127.0.0.1', function (this: Socket) {
        this.write(wanted.repeat(1000));
      }).on('close', () => resolve());
    });
    expect(answered).toBeLessThanOrEqual(1);
  });

  it('answers while hundreds of others are connected', async () => {
    const others = await Promise.all(
      Array.from({ length: 150 }, () => {
        return new Promise<Socket>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => resolve(socket));
        });
      }),
    );
    expect((await ask('/here')).status).toBe(200);
    for (const socket of others) socket.destroy();
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
