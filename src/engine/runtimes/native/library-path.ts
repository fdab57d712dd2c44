import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { failure, inputError } from '../../../base/errors.ts';

/** The platforms that ONNX Runtime is built for, and what its library is called there: its version is part of some names. */
const libraries: Readonly<Record<string, RegExp>> = {
  'linux-x64': /^libonnxruntime\.so\.\d+$/,
  'linux-arm64': /^libonnxruntime\.so\.\d+$/,
  'darwin-arm64': /^libonnxruntime\.\d[\d.]*\.dylib$/,
  'win32-x64': /^onnxruntime\.dll$/,
  'win32-arm64': /^onnxruntime\.dll$/,
};

/** `linux-x64` and the like, as Node calls them: what `findLibrary` can find a library for. */
export const platforms: readonly string[] = Object.keys(libraries);

/** The package of ours that holds the library for a platform, and nothing else. */
export function libraryPackage(platform: string): string {
  return `fcn-onnxruntime-${platform}`;
}

/** The library in a folder. */
export function libraryIn(folder: string, platform: string): string | undefined {
  const name = existsSync(folder) && readdirSync(folder).find((file) => libraries[platform]!.test(file));
  return name ? path.join(folder, name) : undefined;
}

/** What ONNX Runtime looks for beside its library when it is to compute by CUDA, and whether it is there. Linux on x64 only. */
export function cudaFiles(library: string): { readonly file: string; readonly exists: boolean }[] {
  return ['shared', 'cuda'].map((name) => {
    const file = path.join(path.dirname(library), `libonnxruntime_providers_${name}.so`);
    return { file, exists: existsSync(file) };
  });
}

/** The folder of an installed package, if it is. */
export type Locate = (name: string) => string | undefined;

/**
 * The ONNX Runtime library for a platform: of the package for that platform, which comes with fcn, else of
 * `onnxruntime-node`, which holds those for all of them, and to which its install script can add CUDA.
 * @throws FcnError when there is none for this platform (exit code 2), or it is not installed (1).
 */
export function findLibrary(
  platform: string = `${process.platform}-${process.arch}`,
  locate: Locate = locateInstalled,
): string {
  if (!libraries[platform]) {
    throw inputError(
      `ONNX Runtime: got the platform ${platform}, expected ${platforms.join(', ')}; use one of these`,
    );
  }
  const own = locate(libraryPackage(platform));
  const published = locate('onnxruntime-node');
  const found = [own, published && binaries(published, platform)].flatMap(
    (folder) => (folder && libraryIn(folder, platform)) || [],
  );
  // Where somebody has installed the CUDA provider, the library beside it.
  const file = found.find((library) => cudaFiles(library).every(({ exists }) => exists)) ?? found[0];
  if (file) return file;
  if (isMusl(platform)) {
    throw inputError('ONNX Runtime: got a Linux with musl, expected one with glibc; use Debian, for example');
  }
  throw failure(
    `ONNX Runtime: got no library for ${platform}, expected the package ${libraryPackage(platform)}; install fcn again ` +
      'with its optional packages, or add this one',
  );
}

/** Where `onnxruntime-node` keeps what belongs to a platform. */
export function binaries(folder: string, platform: string): string {
  const bin = path.join(folder, 'bin');
  const napi = existsSync(bin) ? readdirSync(bin).find((name) => name.startsWith('napi-')) : undefined;
  return path.join(bin, napi ?? '', ...platform.split('-'));
}

function locateInstalled(name: string): string | undefined {
  try {
    return path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return undefined; // not installed
  }
}

/** Whether this is a Linux such as Alpine, for whose C library there is no ONNX Runtime. */
function isMusl(platform: string): boolean {
  if (!platform.startsWith('linux') || process.platform !== 'linux') return false;
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime === undefined;
}
