import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'vite';

/** Packages that publish no text of their license: where it lies else. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  // Apache-2.0, which is one text for all; its file varint.js begins with the BSD-3-Clause text of what is Google's.
  '@bufbuild/protobuf': [
    'node_modules/flatbuffers/LICENSE',
    'node_modules/@bufbuild/protobuf/dist/esm/wire/varint.js',
  ],
  'onnxruntime-web': ['packaging/onnxruntime/LICENSE', 'packaging/onnxruntime/ThirdPartyNotices.txt'],
  'onnxruntime-common': ['packaging/onnxruntime/LICENSE'],
};

/** Notes of which packages the modules of a bundle come. */
export function packagesOfBundle(found: Set<string>): Plugin {
  return {
    name: 'packages-of-bundle',
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        for (const file of Object.keys(chunk.modules)) {
          const name = packageOf(file);
          if (name) found.add(name);
        }
      }
    },
  };
}

/** The package that a file belongs to; undefined for one of ours. */
export function packageOf(file: string): string | undefined {
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file.replaceAll(path.sep, '/'))?.[1];
}

/** Copies the licenses of packages, each into a folder of its name. @throws Error when one has none */
export async function copyLicenses(packages: Iterable<string>, root: string, to: string): Promise<void> {
  for (const name of packages) {
    const folder = path.join(root, 'node_modules', name);
    const own = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
    const files = own.length > 0 ? own.map((file) => path.join(folder, file)) : (elsewhere[name] ?? []);
    if (files.length === 0) throw new Error(`${name} is in a bundle and has no license in its package`);
    const place = path.join(to, name.replaceAll('/', '-'));
    await mkdir(place, { recursive: true });
    for (const file of files) {
      const source = path.resolve(root, file);
      if (!existsSync(source)) throw new Error(`${source}, a license of ${name}, is not there`);
      await cp(source, path.join(place, path.basename(source)));
    }
  }
}
