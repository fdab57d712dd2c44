import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect } from 'vitest';
import type { Feedback } from '../../../src/base/download/feedback.ts';
import type { PublishedFile } from '../../../src/base/download/published-file.ts';
import { FcnError } from '../../../src/base/errors.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on this machine. Each request goes to the next handler, those after the last one to the last one. */
export interface TestServer {
  readonly url: string;
  readonly requests: IncomingMessage[];
}

const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

export async function serve(...handlers: Handler[]): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    handlers[Math.min(requests.length, handlers.length) - 1]!(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Sends a file as a server should: Range and If-Range, RFC 9110. */
export function sendFile(content: Buffer, etag = `"${hexOf(content).slice(0, 8)}"`): Handler {
  return (request, response) => {
    const [, first] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    const ifRange = request.headers['if-range'];
    const start = first !== undefined && (ifRange ?? etag) === etag ? Number(first) : undefined;
    if (start === undefined) {
      response.writeHead(200, { etag, 'content-length': content.length }).end(content);
    } else if (start >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end('no such range');
    } else {
      response
        .writeHead(206, { etag, ...rangeHeaders(content, start, content.length) })
        .end(content.subarray(start));
    }
  };
}

/** The same, but the connection breaks before byte `end` of the file. */
export function sendUntil(content: Buffer, end: number, etag?: string): Handler {
  return cutAfter(content, end, etag, (response) => response.socket!.destroy());
}

/** The same, but nothing more comes after byte `end` of the file. */
export function stallAt(content: Buffer, end: number): Handler {
  return cutAfter(content, end, undefined, () => undefined);
}

function cutAfter(
  content: Buffer,
  end: number,
  etag: string | undefined,
  stop: (response: ServerResponse) => void,
): Handler {
  const whole = sendFile(content, etag);
  return (request, response) => {
    response.end = ((body: Buffer) => {
      const start = content.length - body.length;
      response.write(body.subarray(0, Math.max(0, end - start)), () => stop(response));
      return response;
    }) as typeof response.end;
    whole(request, response);
  };
}

export function rangeHeaders(content: Buffer, start: number, total: number): Record<string, string | number> {
  return {
    'content-range': `bytes ${start}-${content.length - 1}/${total}`,
    'content-length': content.length - start,
  };
}

export function status(code: number, headers: http.OutgoingHttpHeaders = {}): Handler {
  return (_, response) => response.writeHead(code, headers).end(`status ${code}`);
}

/** Bytes that are nowhere the same. */
export function someBytes(count: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(count);
  for (let i = 0, state = seed; i < count; i++)
    bytes[i] = (state = (state * 1103515245 + 12345) & 0x7fffffff) >> 16;
  return bytes;
}

export function hexOf(content: Buffer, algorithm = 'sha256'): string {
  return createHash(algorithm).update(content).digest('hex');
}

/** The entry of a catalog for a file at an address, with its checksum. */
export function published(url: string, content: Buffer, more: Partial<PublishedFile> = {}): PublishedFile {
  return { name: 'file.bin', url, checksum: { algorithm: 'sha256', hex: hexOf(content) }, ...more };
}

/** A Feedback that keeps what it is told. */
export function listen(): Feedback & { readonly notices: string[]; readonly bytes: number[] } {
  const notices: string[] = [];
  const bytes: number[] = [];
  return {
    notices,
    bytes,
    notice: (line) => void notices.push(line),
    progress: (_, done) => void bytes.push(done),
  };
}

/** The error of something that must fail: one line, meant for people. */
export async function errorOf(work: Promise<unknown>): Promise<FcnError> {
  const thrown = await work.then(
    () => undefined,
    (error) => error,
  );
  expect(thrown, 'what was thrown').toBeInstanceOf(FcnError);
  expect((thrown as FcnError).message).not.toMatch(/[\n\r]/);
  return thrown as FcnError;
}

const folders: string[] = [];
afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fcn-fetch-'));
  folders.push(folder);
  return folder;
}
