import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { failure, reasonOf } from '../errors.ts';
import { version } from '../version.ts';

const maxRedirects = 5;

/** Why a transfer ended early. Trying again may help. */
export class Interrupted extends Error {}

/**
 * Asks for `address`, through redirects, and returns the last answer with its body still to be read. The body ends with
 * an error when it is cut off or when nothing comes for `stallTimeout` milliseconds.
 * (node:http, not fetch: a body as it is sent, never decompressed, and a timeout between any two bytes.)
 * @throws Interrupted when the connection fails; FcnError when the redirects lead nowhere.
 */
export async function httpGet(
  address: string,
  headers: Record<string, string>,
  stallTimeout: number,
): Promise<IncomingMessage> {
  let url = new URL(address);
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const response = await request(url, headers, stallTimeout);
    if (![301, 302, 303, 307, 308].includes(response.statusCode!)) return response;
    response.destroy();
    url = nextAddress(response.headers.location, url, address);
  }
  throw failure(`download of ${address}: got more than ${maxRedirects} redirects, expected a file`);
}

/** Where a redirect leads. `first` is the address that was asked for in the beginning. */
export function nextAddress(location: string | undefined, from: URL, first: string): URL {
  const next =
    location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (!next || !['http:', 'https:'].includes(next.protocol)) {
    const where = location ?? 'nowhere';
    throw failure(`download of ${first}: got a redirect to ${where}, expected an http or https address`);
  }
  // Who asked for an address that nobody on the way can change gets nothing less.
  if (first.startsWith('https:') && next.protocol !== 'https:') {
    throw failure(`download of ${first}: got a redirect to ${next.href}, expected an https address`);
  }
  return next;
}

function request(url: URL, headers: Record<string, string>, stallTimeout: number): Promise<IncomingMessage> {
  const client = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const sent = client.get(
      url,
      {
        agent: false, // a connection of its own: an unread body must not come in the way of the next request
        timeout: stallTimeout,
        headers: { 'user-agent': `fcn/${version}`, 'accept-encoding': 'identity', ...headers },
      },
      resolve,
    );
    sent.on('error', (error) => reject(new Interrupted(reasonOf(error), { cause: error })));
    const stalled = () => new Interrupted(`received nothing for ${stallTimeout / 1000} s`);
    sent.on('timeout', () => sent.destroy(stalled()));
    sent.on('response', (response) => {
      sent.removeAllListeners('timeout');
      sent.on('timeout', () => response.destroy(stalled()));
    });
  });
}

/** Bytes of the body, where the server says so. */
export function lengthOf({ headers }: IncomingMessage): number | undefined {
  return byteCount(headers['content-length']);
}

/** `Content-Range: bytes START-END/TOTAL`: the body's place in the file, and the file's size. */
export function contentRangeOf({ headers }: IncomingMessage): { start: number; total: number } | undefined {
  const [, first, size] = /^bytes (\d+)-\d+\/(\d+)$/i.exec(headers['content-range'] ?? '') ?? [];
  const start = byteCount(first);
  const total = byteCount(size);
  return start === undefined || total === undefined ? undefined : { start, total };
}

/** What changes when the file does: a strong ETag, else the date. Fit for If-Range. */
export function validatorOf({ headers }: IncomingMessage): string | undefined {
  const { etag } = headers;
  return etag && !etag.startsWith('W/') ? etag : headers['last-modified'];
}

function byteCount(digits: string | undefined): number | undefined {
  const count = digits === undefined ? Number.NaN : Number(digits);
  return Number.isSafeInteger(count) ? count : undefined;
}
