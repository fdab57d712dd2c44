import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { binaries, libraryIn, libraryPackage } from '../src/engine/runtimes/native/library-path.ts';
import { root } from './root.ts';

const source = path.join(root, 'node_modules/onnxruntime-node');
/** Texts that come with every release of ONNX Runtime, but not in `onnxruntime-node`: taken from that on PyPI. */
const licenses = ['LICENSE', 'ThirdPartyNotices.txt'];

export async function onnxruntimeVersion(): Promise<string> {
  return JSON.parse(await readFile(path.join(source, 'package.json'), 'utf8')).version;
}

/** Writes the package that carries ONNX Runtime's library for one platform into a folder. Nothing in it is ever run by npm. */
export async function stagePlatform(platform: string, folder: string): Promise<void> {
  const library = libraryIn(binaries(source, platform), platform);
  if (!library) throw new Error(`${source} has no library for ${platform}; run npm ci`);
  await mkdir(folder, { recursive: true });
  await copyFile(library, path.join(folder, path.basename(library)));
  for (const name of licenses) {
    await copyFile(path.join(root, 'packaging/onnxruntime', name), path.join(folder, name));
  }
  const name = libraryPackage(platform);
  const version = await onnxruntimeVersion();
  const [os, cpu] = platform.split('-');
  const manifest = {
    name,
    version,
    description: `The library of ONNX Runtime ${version} for ${platform}, as fcn uses it`,
    license: 'MIT',
    ...{ os: [os], cpu: [cpu], ...(os === 'linux' && { libc: ['glibc'] }) },
    // A shared library is loaded from a file, not from an archive, as Yarn keeps packages.
    preferUnplugged: true,
    files: [path.basename(library), ...licenses],
  };
  await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(
    path.join(folder, 'README.md'),
    `# ${name}\n\nThe shared library of [ONNX Runtime](https://onnxruntime.ai) ${version} for ${platform}, unchanged from the npm package ` +
      '`onnxruntime-node`, whose install script and libraries for other platforms fcn does not need. Installed with `fcn`; nothing to ' +
      'import.\n',
  );
}
