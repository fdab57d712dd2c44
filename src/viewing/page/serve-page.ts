import { createReadStream, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { failure } from '../../base/errors.ts';
import { type Answer, type LocalServer, serveLocally } from '../local-server.ts';

/** Where the page that segments and trains lies, in the repository and in the package. */
const builtPage = fileURLToPath(new URL('../../../web/dist/', import.meta.url));

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.onnx': 'application/octet-stream',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

/**
 * What the page's workers may do: its own scripts, WebAssembly, and models from any address that it is asked for. The page itself
 * has a policy of its own, which allows less (web/vite.config.ts). It is isolated from other pages, so that WebAssembly runs on all cores.
 */
const headers = {
  'Content-Security-Policy':
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; " +
    "connect-src 'self' http: https: blob: data:; img-src 'self' blob: data:; media-src 'self' blob: mediastream:; " +
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * Serves the page that segments and trains in the browser, on this machine.
 * @param port default: the first free one of some; 0: any
 * @throws FcnError when the page is not built (exit code 1), or as serveLocally.
 */
export async function servePage(port: number | undefined, folder = builtPage): Promise<LocalServer> {
  const files = filesIn(folder);
  if (!files.has('index.html')) {
    throw failure(`page: got none in ${folder}, expected a built page; run npm run web:build`);
  }
  return serveLocally((address) => {
    const name = address.split('?')[0]!.slice(1) || 'index.html';
    if (files.has(name)) return answer(folder, name, false);
    return files.has(`${name}.gz`) ? answer(folder, name, true) : undefined;
  }, port);
}

/** Names from the folder, with slashes. What is not among them is not served. */
function filesIn(folder: string): ReadonlySet<string> {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const files = names.filter((name) => statSync(path.join(folder, name)).isFile());
    return new Set(files.map((name) => name.replaceAll(path.sep, '/')));
  } catch {
    return new Set(); // not built
  }
}

/** A file, which may lie compressed: it is sent as it lies to who can read that. */
function answer(folder: string, name: string, isCompressed: boolean): Answer {
  return async (request, response) => {
    for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
    response.setHeader('Content-Type', types[path.extname(name)] ?? 'application/octet-stream');
    const file = createReadStream(path.join(folder, isCompressed ? `${name}.gz` : name));
    if (!isCompressed) return pipeline(file, response);
    if (!/\bgzip\b/.test(`${request.headers['accept-encoding']}`))
      return pipeline(file, createGunzip(), response);
    response.setHeader('Content-Encoding', 'gzip');
    return pipeline(file, response);
  };
}
