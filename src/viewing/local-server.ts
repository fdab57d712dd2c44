import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failure, inputError, reasonOf } from '../base/errors.ts';

/** Answers a request for one path. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface LocalServer {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
  /** Ends every connection. */
  close(): Promise<void>;
}

const address = '127.0.0.1';
/** Where no port is asked for: this one, or the first free one behind it. */
export const defaultPort = 6116;
const portsToTry = 50;
/** Browsers open half a dozen for each site. */
const mostConnections = 200;
/** Milliseconds in which a request has to come, so that connections that say nothing leave room for others. */
const patience = { headersTimeout: 5000, requestTimeout: 10_000, connectionsCheckingInterval: 1000 };

/**
 * Serves this machine, and nobody else: other machines cannot reach it, and pages of other sites that a browser on
 * this machine has open are refused, whether they ask by an address of ours (Origin) or have given theirs our address
 * (DNS rebinding: then Host is not ours). No answer may be read from another origin.
 * @param answerTo what answers to a path, exactly as it was sent; undefined where there is nothing
 * @param port 0 for any that is free
 * @throws FcnError when the port is taken (exit code 2), or no port can be had (1).
 */
export async function serveLocally(
  answerTo: (path: string) => Answer | undefined,
  port: number | undefined,
): Promise<LocalServer> {
  const server = createServer(patience, (request, response) => {
    // Browsers wait for an answer before they ask again on a connection. Who does not could ask for any number at once.
    if (!response.socket) return void request.socket.destroy();
    const send = async () => {
      const refused = refusalOf(request, portOf(server));
      if (refused) return refuse(response, refused);
      // `GET *` asks for no path.
      const answer = request.url?.startsWith('/') ? answerTo(request.url) : undefined;
      return answer ? answer(request, response) : refuse(response, 404);
    };
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    send().catch((thrown) => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500, reasonOf(thrown));
    });
  });
  server.maxConnections = mostConnections;
  await listen(server, port);
  return {
    url: `http://${address}:${portOf(server)}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Nothing is loaded from elsewhere, framed, kept or sent on. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/** The status of a request that is not answered, whatever it asks for. */
function refusalOf({ headers, method }: IncomingMessage, port: number): number | undefined {
  // Browsers leave out the port of http.
  const own = [address, 'localhost'].flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])]);
  if (!own.includes(headers.host ?? '')) return 421;
  // What pages of other sites load without asking to read it has no Origin; they may be the link that was followed.
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers;
  if (/^(cross|same)-site$/.test(`${site}`) && mode !== 'navigate') return 403;
  if (headers.origin !== undefined && !own.some((host) => headers.origin === `http://${host}`)) return 403;
  return method === 'GET' ? undefined : 405;
}

const reasons: Record<number, string> = {
  403: 'pages of other sites are not allowed',
  404: 'there is no such page',
  405: 'only GET is allowed',
  421: 'this server answers only to its own address',
};

function refuse(response: ServerResponse, status: number, reason = reasons[status]): void {
  if (status === 405) response.setHeader('Allow', 'GET');
  response.setHeader('Connection', 'close'); // a body that was sent along is not read
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${reason}\n`);
}

async function listen(server: Server, port: number | undefined): Promise<void> {
  const first = port ?? defaultPort;
  const last = port ?? defaultPort + portsToTry - 1;
  for (let tried = first; tried <= last; tried++) {
    const problem = await listenAt(server, tried);
    if (!problem) return;
    if (problem.code !== 'EADDRINUSE') {
      throw failure(
        `cannot serve at ${address}:${tried}: ${reasonOf(problem)}; choose another --port`,
        problem,
      );
    }
  }
  if (port === undefined) {
    throw failure(
      `ports: got none that is free from ${first} to ${last}, expected one; choose one with --port`,
    );
  }
  throw inputError(
    `--port: got ${port}, which is in use, expected a free one; leave it out to let fcn choose`,
  );
}

function listenAt(server: Server, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const settle = (problem?: Error) => {
      server.off('error', settle).off('listening', settle);
      resolve(problem);
    };
    server.once('error', settle).once('listening', settle).listen(port, address);
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
