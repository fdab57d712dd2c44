import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { download, type Patience } from '../../../src/base/download/download.ts';
import { nextAddress } from '../../../src/base/download/http-get.ts';
import { random } from '../../../src/base/rng.ts';
import {
  errorOf,
  type Handler,
  hexOf,
  listen,
  published,
  rangeHeaders,
  sendFile,
  sendUntil,
  serve,
  someBytes,
  stallAt,
  status,
  temporaryFolder,
} from './helpers.ts';

const content = someBytes(300_000);
/** A request for the rest. (What had come last when the connection broke may be lost with it.) */
const forTheRest = /^bytes=[1-9]\d*-$/;
const patient: Patience = { stallTimeout: 2000, retryDelays: [1, 1, 1] };
const impatient: Patience = { stallTimeout: 200, retryDelays: [] };

function startOf({ headers }: IncomingMessage): number {
  return Number(/\d+/.exec(headers.range!)![0]);
}

/** A place for the file, and what is in its folder. */
async function place() {
  const folder = await temporaryFolder();
  return { target: path.join(folder, 'file.bin'), files: async () => (await readdir(folder)).sort() };
}

/** Downloads from a server with these handlers, and expects the content in the end. */
async function expectContent(handlers: Handler[], patience = patient) {
  const server = await serve(...handlers);
  const { target, files } = await place();
  const feedback = listen();
  await download(published(`${server.url}/file.bin`, content), target, feedback, patience);
  expect(hexOf(await readFile(target))).toBe(hexOf(content));
  expect(await files(), 'nothing else is left').toEqual(['file.bin']);
  return { requests: server.requests, feedback };
}

/** Downloads from a server with these handlers, and expects an error and no trace. */
async function expectRefusal(handlers: Handler[], more: Parameters<typeof published>[2] = {}) {
  const server = await serve(...handlers);
  const { target, files } = await place();
  const error = await errorOf(download(published(server.url, content, more), target, listen(), patient));
  expect(error.exitCode).toBe(1);
  expect(error.message).toContain(server.url);
  expect(await files()).toEqual([]);
  return { error, requests: server.requests };
}

describe('a download', () => {
  it('brings the file, as it is, and tells how far it is', async () => {
    const { requests, feedback } = await expectContent([sendFile(content)]);
    expect(requests).toHaveLength(1);
    expect(requests[0]!.headers['accept-encoding']).toBe('identity');
    expect(feedback.bytes.at(-1)).toBe(content.length);
    expect(feedback.bytes).toEqual(feedback.bytes.toSorted((a, b) => a - b));
  });

  it('keeps bytes that a server calls compressed: Apache does so with .tgz files', async () => {
    await expectContent([
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(content),
    ]);
  });

  it('follows redirects, relative ones too', async () => {
    const { requests } = await expectContent([
      status(302, { location: '/elsewhere' }),
      status(307, { location: '?again' }),
      sendFile(content),
    ]);
    expect(requests.map(({ url }) => url)).toEqual(['/file.bin', '/elsewhere', '/elsewhere?again']);
  });
});

describe('an interrupted download', () => {
  it('asks for the missing bytes of the same file', async () => {
    const { requests, feedback } = await expectContent([sendUntil(content, 200_000), sendFile(content)]);
    expect(requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      expect.stringMatching(forTheRest),
    ]);
    expect(requests[1]!.headers['if-range']).toBe(`"${hexOf(content).slice(0, 8)}"`);
    expect(feedback.notices).toHaveLength(1);
    expect(feedback.notices[0]).toMatch(/ended early \(at byte [1-9]/);
  });

  it('is continued by the next process', async () => {
    const server = await serve(sendUntil(content, 200_000), sendFile(content));
    const file = published(server.url, content);
    const { target, files } = await place();
    const error = await errorOf(download(file, target, listen(), impatient));
    expect(error.exitCode).toBe(1);
    expect(error.message).toMatch(/at byte [1-9].*run it again/);
    expect(await files()).toEqual(['file.bin.part', 'file.bin.part.json']);
    await download(file, target, listen(), impatient);
    expect(server.requests[1]!.headers.range).toMatch(forTheRest);
    expect(hexOf(await readFile(target))).toBe(hexOf(content));
  });

  it('continues after a connection that stalls', async () => {
    const { requests } = await expectContent([stallAt(content, 100_000), sendFile(content)], {
      stallTimeout: 200,
      retryDelays: [1],
    });
    expect(requests[1]!.headers.range).toBe('bytes=100000-');
  });

  it('tries again when not even an answer comes', async () => {
    await expectContent([() => undefined, sendFile(content)], { stallTimeout: 200, retryDelays: [1] });
  });

  it('begins anew when the file has changed meanwhile', async () => {
    const old = someBytes(300_000, 7);
    await expectContent([sendUntil(old, 200_000), sendFile(content)]);
  });

  it('begins anew when a server ignores If-Range and sends the rest of another file', async () => {
    const old = someBytes(300_000, 7);
    const restOfAnother: Handler = (request, response) => {
      const start = startOf(request);
      response.writeHead(206, { etag: '"new"', ...rangeHeaders(content, start, content.length) });
      response.end(content.subarray(start));
    };
    const { requests } = await expectContent([sendUntil(old, 200_000), restOfAnother, sendFile(content)]);
    expect(requests[1]!.headers.range).toMatch(forTheRest);
    expect(requests[2]!.headers.range).toBeUndefined();
  });

  it('copes with a server that ignores Range', async () => {
    const whole: Handler = (_, response) => response.writeHead(200, { etag: '"x"' }).end(content);
    await expectContent([sendUntil(content, 200_000, '"x"'), whole]);
  });

  it.each([
    ['another part', (start: number) => `bytes ${start - 1}-${content.length - 1}/${content.length}`],
    ['another size', (start: number) => `bytes ${start}-${content.length - 1}/${content.length + 1}`],
    ['no range', () => undefined],
    ['nonsense', () => 'bytes zero-one/two'],
  ])('begins anew when a server sends %s', async (_, range) => {
    const liar: Handler = (request, response) => {
      const start = startOf(request);
      const contentRange = range(start);
      response.writeHead(206, contentRange === undefined ? {} : { 'content-range': contentRange });
      response.end(content.subarray(start));
    };
    const { requests } = await expectContent([sendUntil(content, 200_000), liar, sendFile(content)]);
    expect(requests[1]!.headers.range).toMatch(forTheRest);
    expect(requests[2]!.headers.range).toBeUndefined();
  });

  it('begins anew when the server gives nothing to know the file by', async () => {
    const { requests } = await expectContent([
      (_, response) => {
        response.writeHead(200, { 'content-length': content.length, etag: 'W/"weak"' });
        response.write(content.subarray(0, 1000), () => response.socket!.destroy());
      },
      sendFile(content),
    ]);
    expect(requests[1]!.headers.range).toBeUndefined();
  });

  it('needs no server for a part that is complete', async () => {
    const server = await serve(sendUntil(content, 299_999), sendFile(content));
    const { target, files } = await place();
    const file = published(server.url, content);
    await errorOf(download(file, target, listen(), impatient));
    await writeFile(`${target}.part`, content); // as if the process had ended before the last step
    await download(file, target, listen(), impatient);
    expect(server.requests).toHaveLength(1);
    expect(await files()).toEqual(['file.bin']);
  });

  it('does not believe a damaged note beside the part', async () => {
    for (const note of ['', '{', 'null', '[]', '{"url":1}', '{"validator":"x"}']) {
      const server = await serve(sendFile(content));
      const { target } = await place();
      await writeFile(`${target}.part`, someBytes(500, 3));
      await writeFile(`${target}.part.json`, note);
      await download(published(server.url, content), target, listen(), impatient);
      expect(server.requests[0]!.headers.range, note).toBeUndefined();
      expect(hexOf(await readFile(target))).toBe(hexOf(content));
    }
  });

  it('gets there through any mix of failures', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const { uniform } = random('chaos', seed);
      const any = (count: number) => Math.floor(uniform() * count);
      const handlers = Array.from({ length: 12 }, (): Handler => {
        const end = any(content.length);
        return [
          sendUntil(content, end),
          stallAt(content, end),
          status(503),
          sendUntil(someBytes(300_000, seed), end), // another file under the same address
          ((_, response) => response.socket!.destroy()) as Handler,
          ((_, response) => response.writeHead(206, { etag: '"odd"' }).end('?')) as Handler,
        ][any(6)]!;
      });
      const patience = { stallTimeout: 100, retryDelays: Array(13).fill(1) };
      await expectContent([...handlers, sendFile(content)], patience);
    }
  });
});

describe('two downloads of one file', () => {
  it('do not write over each other', async () => {
    const server = await serve(stallAt(content, 100_000), sendFile(content));
    const file = published(server.url, content);
    const { target, files } = await place();
    const feedback = listen();
    const first = download(file, target, feedback, { stallTimeout: 500, retryDelays: [1] });
    while (feedback.bytes.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const error = await errorOf(download(file, target, listen(), patient));
    expect(error.message).toContain(`process ${process.pid} is already working on it`);
    await first;
    expect(hexOf(await readFile(target))).toBe(hexOf(content));
    expect(await files()).toEqual(['file.bin']);
  });

  it('may follow each other when the first was killed', async () => {
    const server = await serve(sendFile(content));
    const { target, files } = await place();
    await writeFile(`${target}.part.lock`, '999999999');
    await download(published(server.url, content), target, listen(), patient);
    expect(await files()).toEqual(['file.bin']);
  });
});

describe('a server that fails', () => {
  it('is asked again when the trouble is its own', async () => {
    const { requests, feedback } = await expectContent([
      status(500),
      status(503),
      status(429),
      sendFile(content),
    ]);
    expect(requests).toHaveLength(4);
    expect(feedback.notices[0]).toContain('HTTP status 500');
  });

  it('is left alone after some attempts', async () => {
    const { error, requests } = await expectRefusal([status(500)]);
    expect(requests).toHaveLength(4);
    expect(error.message).toMatch(/HTTP status 500.*--from/);
  });

  it.each([400, 401, 403, 404, 410, 204, 304])('is not asked again after status %i', async (code) => {
    const { error, requests } = await expectRefusal([status(code)]);
    expect(requests).toHaveLength(1);
    expect(error.message).toContain(`got HTTP status ${code}`);
  });

  it('is left alone when it ends at the same byte again and again', async () => {
    const cut: Handler = (_, response) => {
      response.writeHead(200, { 'content-length': content.length, etag: '"x"' });
      response.write(content.subarray(0, 200_000));
    };
    const server = await serve(cut);
    const { target } = await place();
    const file = published(server.url, content);
    const error = await errorOf(download(file, target, listen(), { stallTimeout: 100, retryDelays: [1, 1] }));
    expect(error.message).toContain('at byte 200000');
    expect(server.requests).toHaveLength(3);
    expect(existsSync(target)).toBe(false);
  });

  it('that does not exist is an error', async () => {
    const { target } = await place();
    const nowhere = published('http://127.0.0.1:1/file.bin', content);
    expect((await errorOf(download(nowhere, target, listen(), patient))).message).toContain('ECONNREFUSED');
  });
});

describe('a server that lies', () => {
  it('and sends other bytes is found out, and nothing of them stays', async () => {
    const other = someBytes(300_000, 9);
    const { error } = await expectRefusal([sendFile(other)]);
    expect(error.message).toContain(hexOf(other));
    expect(error.message).toContain(hexOf(content));
  });

  it('and sends other bytes for the rest is found out', async () => {
    const other = someBytes(300_000, 9);
    await expectRefusal([sendUntil(content, 200_000, '"same"'), sendFile(other, '"same"')]);
  });

  it('and announces less than it sends is found out', async () => {
    const { error } = await expectRefusal([
      (_, response) => {
        response.socket!.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
        response.socket!.end(content);
      },
    ]);
    expect(error.message).toContain('sha256');
  });

  it('and announces more than it sends is asked for the rest', async () => {
    const { requests } = await expectContent([
      (_, response) => {
        response.socket!.write(`HTTP/1.1 200 OK\r\nETag: "x"\r\nContent-Length: ${content.length}\r\n\r\n`);
        response.socket!.end(content.subarray(0, 200_000));
      },
      sendFile(content, '"x"'),
    ]);
    expect(requests[1]!.headers.range).toMatch(forTheRest);
  });

  it.each(['1e999', '99999999999999999999', '-5'])('and announces %s bytes is found out', async (length) => {
    await expectRefusal([
      (_, response) =>
        void response.socket!.end(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\nsome bytes`),
    ]);
  });

  it('and ends before the published size without a word is asked for the rest', async () => {
    const server = await serve((_, response) => {
      response.socket!.end('HTTP/1.1 200 OK\r\nETag: "x"\r\n\r\nthe beginning');
    });
    const { target } = await place();
    const file = published(server.url, content, { bytes: content.length });
    const error = await errorOf(download(file, target, listen(), patient));
    expect(error.message).toContain('ended early');
    expect(server.requests.at(-1)!.headers.range).toBe('bytes=13-');
  });

  it('and announces terabytes is not waited for', async () => {
    const { error, requests } = await expectRefusal([
      (_, response) => {
        response.writeHead(200, { 'content-length': 2 ** 42 });
        response.write(content);
      },
    ]);
    expect(error.message).toContain(`${2 ** 42} bytes`);
    expect(requests).toHaveLength(1);
  });

  it('and announces another size than is published is not waited for', async () => {
    const { error } = await expectRefusal([sendFile(content)], { bytes: content.length + 1 });
    expect(error.message).toContain(`got a file of ${content.length} bytes, expected ${content.length + 1}`);
  });

  it('and does not end is left', async () => {
    const endless: Handler = (_, response) => {
      response.writeHead(200);
      const more = () => response.write(content, () => response.destroyed || setImmediate(more));
      more();
    };
    const { error } = await expectRefusal([endless], { bytes: content.length });
    expect(error.message).toContain(`more than ${content.length} bytes`);
  });

  it('and sends headers without end is left', async () => {
    const { error } = await expectRefusal([
      (_, response) => {
        response.socket!.on('error', () => undefined); // it is closed on us
        response.socket!.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1 << 20)}`);
      },
    ]);
    expect(error.message).toMatch(/header/i);
  });
});

describe('a file without a published checksum', () => {
  it('is taken when its length is right', async () => {
    const server = await serve(sendFile(content));
    const { target } = await place();
    await download({ name: 'x', url: server.url }, target, listen(), patient);
    expect(hexOf(await readFile(target))).toBe(hexOf(content));
  });

  it('is not taken when nobody says how long it is', async () => {
    const { error } = await expectRefusal([(_, response) => response.writeHead(200).end(content)], {
      checksum: undefined,
    });
    expect(error.message).toContain('Content-Length');
  });
});

describe('redirects', () => {
  it('without an end are an error', async () => {
    const { error, requests } = await expectRefusal([status(302, { location: '/again' })]);
    expect(error.message).toContain('more than 5 redirects');
    expect(requests).toHaveLength(6);
  });

  it.each([undefined, 'file:///etc/passwd', 'http://[', 'javascript:0'])(
    'to %s are an error',
    async (location) => {
      const { error } = await expectRefusal([status(302, location === undefined ? {} : { location })]);
      expect(error.message).toContain('redirect');
    },
  );

  it('never lead from https to http', () => {
    const secure = new URL('https://example.org/a');
    const plain = new URL('http://example.org/a');
    expect(nextAddress('/b', secure, 'https://example.org/a').href).toBe('https://example.org/b');
    expect(nextAddress('https://example.org/b', plain, plain.href).href).toBe('https://example.org/b');
    expect(nextAddress('http://example.com/b', plain, plain.href).href).toBe('http://example.com/b');
    expect(() => nextAddress('http://example.org/b', secure, secure.href)).toThrow(
      /expected an https address/,
    );
  });
});
