import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { build } from 'vite';
import { bundleProgram } from './bundle-program.ts';
import { copyLicenses, packagesOfBundle } from './licenses.ts';
import { root } from './root.ts';

/**
 * Builds what the package holds beside its sources, from nothing: `dist/`, the program, and `web/dist/`, the page of `fcn web`.
 * ONNX Runtime's WebAssembly lies compressed there, in a quarter of its size; `fcn web` serves it that way.
 */
export async function buildInto(folder: string): Promise<void> {
  const dist = path.join(folder, 'dist');
  await rm(dist, { recursive: true, force: true });
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', dist], {
    cwd: root,
    stdio: 'inherit',
  });
  await bundleProgram(dist);
  const page = path.join(folder, 'web/dist');
  const packages = new Set<string>();
  const plugins = () => [packagesOfBundle(packages)];
  await build({
    root: path.join(root, 'web'),
    configFile: path.join(root, 'web/vite.config.ts'),
    mode: 'production',
    logLevel: 'warn',
    build: { outDir: page, emptyOutDir: true },
    plugins: plugins(),
    worker: { plugins },
  });
  await copyLicenses(packages, root, path.join(page, 'licenses'));
  for (const name of await readdir(page, { recursive: true })) {
    if (name.endsWith('.wasm')) await compress(path.join(page, name));
  }
}

async function compress(file: string): Promise<void> {
  await pipeline(createReadStream(file), createGzip({ level: 9 }), createWriteStream(`${file}.gz`));
  await rm(file);
}
