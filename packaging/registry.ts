/**
 * `npm run registry -- DIR [PORT]` serves the tarballs of `npm run pack:all -- DIR` as a registry does, on this machine only.
 * Requests for other packages are sent on to the registry that npm is set up to use. For trying an installation by name, with any package manager.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { list } from 'tar';
import { npmRegistry } from './npm-registry.ts';

interface Release {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly file: string;
  readonly bytes: Buffer;
}

/** @returns the address of the registry and what ends it */
export async function serveRegistry(
  folder: string,
  port = 0,
): Promise<{ address: string; close: () => void }> {
  const upstream = await npmRegistry();
  const names = await readdir(folder, { recursive: true });
  const tarballs = names.filter((name) => name.endsWith('.tgz'));
  const releases = await Promise.all(tarballs.map((name) => readRelease(path.join(folder, name))));
  const server = createServer(async (request, response) => {
    const wanted = decodeURIComponent(request.url!.slice(1));
    const release = releases.find(({ manifest }) => manifest.name === wanted);
    const tarball = releases.find((one) => tarballPath(one) === wanted);
    if (tarball) return response.end(tarball.bytes);
    if (wanted.includes('/-/')) return response.writeHead(307, { Location: upstream + request.url }).end();
    response.setHeader('Content-Type', 'application/json');
    if (release) return response.end(JSON.stringify(packument(release, address)));
    const found = await fetch(upstream + request.url, { headers: { accept: `${request.headers.accept}` } });
    // Yarn calls packages by another name whose tarballs are elsewhere, and sharp looks for libvips by the name.
    const text = (await found.text()).replaceAll(`${upstream}/`, `${address}/`);
    return response.writeHead(found.status).end(text);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function readRelease(file: string): Promise<Release> {
  const parts: Buffer[] = [];
  await list({
    file,
    filter: (name) => name === 'package/package.json',
    onReadEntry: (entry) => entry.on('data', (part) => parts.push(part)),
  });
  return { file, manifest: JSON.parse(Buffer.concat(parts).toString()), bytes: await readFile(file) };
}

/** Where registries keep a tarball. */
function tarballPath({ manifest, file }: Release): string {
  return `${manifest.name}/-/${path.basename(file)}`;
}

function packument(release: Release, address: string): object {
  const { manifest, bytes } = release;
  const dist = {
    tarball: `${address}/${tarballPath(release)}`,
    integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
    shasum: createHash('sha1').update(bytes).digest('hex'),
  };
  const { name, version } = manifest;
  // As if it had been published long ago: Yarn and pnpm hold back what is only days old.
  const time = { [version]: '2020-01-01T00:00:00.000Z' };
  return { name, 'dist-tags': { latest: version }, time, versions: { [version]: { ...manifest, dist } } };
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const [folder, port = '4873'] = process.argv.slice(2);
  if (!folder) {
    console.error('usage: npm run registry -- DIR [PORT]');
    process.exit(2);
  }
  console.log(`serving ${folder} at ${(await serveRegistry(folder, Number(port))).address} (Ctrl-C ends)`);
}
