import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'vite';

const root = path.resolve(import.meta.dirname, '../../web');
/** What any server knows. Other files, .mjs among them, come as `application/octet-stream`. */
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** Builds the page as `npm run web:build` does, into a folder of the test's own. */
export async function buildPage(outDir: string): Promise<void> {
  await build({
    root,
    configFile: path.join(root, 'vite.config.ts'),
    mode: 'production',
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
  });
}

export interface PageServer {
  /** Of the page: not the root of the server. */
  readonly address: string;
  close(): Promise<void>;
}

/** The policy that a built page brings along; the pages of tests have none. */
export async function policyOf(folder: string): Promise<string | undefined> {
  const html = await readFile(path.join(folder, 'index.html'), 'utf8');
  return /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/
    .exec(html)?.[1]
    ?.replaceAll('&#39;', "'");
}

/**
 * Serves a folder as a plain web server does, or with the headers that `npm run web` sends: of cross-origin isolation, and
 * the page's own policy, which then holds in its workers too.
 */
export async function servePage(folder: string, isolated: boolean): Promise<PageServer> {
  const place = '/some/where/';
  const policy = await policyOf(folder);
  const isolation = {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    ...(policy !== undefined && { 'content-security-policy': policy }),
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const file = pathname === place ? 'index.html' : decodeURIComponent(pathname.slice(place.length));
    try {
      const bytes = await readFile(path.join(folder, pathname.startsWith(place) ? file : '/nowhere'));
      const type = types[path.extname(file)] ?? 'application/octet-stream';
      response.writeHead(200, { 'content-type': type, ...(isolated && isolation) }).end(bytes);
    } catch {
      response.writeHead(404).end('not found');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${place}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
