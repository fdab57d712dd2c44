import { spawnSync } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { libraryPackage, platforms } from '../src/engine/runtimes/native/library-path.ts';
import { buildInto } from './build.ts';
import { onnxruntimeVersion } from './platform-package.ts';
import { root } from './root.ts';

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
  readonly license: string;
}

export async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
}

/** Files that npm packs whatever `files` says. */
const always = ['README.md', 'LICENSE'];
const built = ['dist', 'web/dist'];

/**
 * Writes the package `fcn` into a folder as a registry gets it. Other than in the repository's package.json, the packages that
 * carry ONNX Runtime for each platform are optional dependencies: npm installs the one whose `os` and `cpu` fit. They stand in
 * no lock file before they are published, so `npm ci` would refuse them here.
 */
export async function stageMain(folder: string): Promise<void> {
  const { devDependencies, scripts, ...manifest } = JSON.parse(
    await readFile(path.join(root, 'package.json'), 'utf8'),
  );
  const version = await onnxruntimeVersion();
  manifest.optionalDependencies = Object.fromEntries(
    platforms.map((platform) => [libraryPackage(platform), version]),
  );
  const url = addressOfRepository();
  if (url) manifest.repository = { type: 'git', url };
  await buildInto(folder);
  for (const name of [...manifest.files, ...always].filter(
    (entry) => !built.includes(entry) && !entry.startsWith('!'),
  )) {
    // docs/api makes the API reference, and is no document.
    const filter = (source: string) => source !== path.join(root, 'docs/api');
    await cp(path.join(root, name), path.join(folder, name), { recursive: true, filter });
  }
  await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Where this clone comes from, which is where others find the source. Nowhere, for a repository that was not cloned. */
function addressOfRepository(): string | undefined {
  const { status, stdout } = spawnSync('git', ['remote', 'get-url', 'origin'], {
    cwd: root,
    encoding: 'utf8',
  });
  const url = stdout?.trim();
  return status === 0 && /^(https:|git@|ssh:)/.test(url) ? url.replace(/^https:/, 'git+https:') : undefined;
}
