import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { failure } from '../../../base/errors.ts';

/** How the shared library is called on each platform; its version is part of the name on two of them. */
const libraryNames: Partial<Record<NodeJS.Platform, RegExp>> = {
  linux: /^libonnxruntime\.so\.\d+$/,
  darwin: /^libonnxruntime\.\d[\d.]*\.dylib$/,
  win32: /^onnxruntime\.dll$/,
};

/**
 * The ONNX Runtime library inside the installed `onnxruntime-node` package.
 * @throws FcnError (exit code 1) when the package has none for this platform; the message lists those it has.
 */
export function findLibrary(
  platform: NodeJS.Platform = process.platform,
  arch: string = process.arch,
  binaries: string = binariesFolder(),
): string {
  const folder = path.join(binaries, platform, arch);
  const pattern = libraryNames[platform];
  const file =
    pattern && existsSync(folder) ? readdirSync(folder).find((name) => pattern.test(name)) : undefined;
  if (file) return path.join(folder, file);
  throw failure(
    `ONNX Runtime: no library for ${platform}-${arch} in ${binaries}, which has ${platformsIn(binaries)}; ` +
      'use one of these platforms, or reinstall onnxruntime-node',
  );
}

function binariesFolder(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  const bin = path.join(path.dirname(entry), '..', 'bin');
  const napi = readdirSync(bin).find((name) => name.startsWith('napi-'));
  return path.join(bin, napi ?? '');
}

function platformsIn(binaries: string): string {
  if (!existsSync(binaries)) return 'none';
  const subfolders = (folder: string) =>
    readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return subfolders(binaries)
    .flatMap(({ name }) => subfolders(path.join(binaries, name)).map((arch) => `${name}-${arch.name}`))
    .join(', ');
}
