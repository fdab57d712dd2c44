import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { init, parse } from 'es-module-lexer';
import { readManifest } from './main-package.ts';
import { onnxruntimeVersion } from './platform-package.ts';
import { root } from './root.ts';

/** What the package exports, by the file that `fcn` exports the same from. */
const entries = { './web': 'library/web/index', './engine': 'engine/browser' };
const packages = ['@bufbuild/protobuf', 'fast-png', 'zod'];
/** ONNX Runtime on WebAssembly, and what its script loads. */
const runtime = ['ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.mjs'];

/**
 * Writes the package `fcn-web` into a folder: `fcn/web` and `fcn/engine` for pages, for those who want nothing for Node. ONNX
 * Runtime's WebAssembly is in it, 14 MB of the 139 that `onnxruntime-web` takes.
 * @param main the staged package `fcn`, whose files these are
 */
export async function stageWeb(folder: string, main: string): Promise<void> {
  await init();
  const files = new Set<string>();
  for (const entry of Object.values(entries)) {
    for (const extension of ['js', 'd.ts']) {
      await copyWithImports(path.join('dist', `${entry}.${extension}`), main, folder, files);
    }
  }
  await mkdir(path.join(folder, 'onnxruntime'), { recursive: true });
  for (const name of runtime) {
    const file = path.join(root, 'node_modules/onnxruntime-web/dist', name);
    await copyFile(file, path.join(folder, 'onnxruntime', name));
  }
  await copyFile(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  for (const name of ['LICENSE', 'ThirdPartyNotices.txt']) {
    await copyFile(path.join(root, 'packaging/onnxruntime', name), path.join(folder, 'onnxruntime', name));
  }
  await copyFile(path.join(root, 'packaging/fcn-web.md'), path.join(folder, 'README.md'));
  await writeFile(path.join(folder, 'package.json'), `${JSON.stringify(await webManifest(), null, 2)}\n`);
}

async function webManifest(): Promise<object> {
  const { version, license, dependencies, engines } = await readManifest();
  const onnxruntime = await onnxruntimeVersion();
  const exported = Object.entries(entries).map(([name, file]) => [
    name,
    { types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` },
  ]);
  const exports = {
    '.': exported[0]![1],
    ...Object.fromEntries(exported),
    './package.json': './package.json',
  };
  return {
    ...{ name: 'fcn-web', version, license, type: 'module', engines, exports },
    description: 'Semantic segmentation and training in a page: the part of fcn for browsers',
    sideEffects: false,
    files: ['dist', 'onnxruntime'],
    dependencies: {
      ...Object.fromEntries(packages.map((name) => [name, dependencies[name]])),
      'onnxruntime-common': onnxruntime,
    },
    // Only for WebGPU, whose WebAssembly is twice as large.
    peerDependencies: { 'onnxruntime-web': onnxruntime },
    peerDependenciesMeta: { 'onnxruntime-web': { optional: true } },
  };
}

/** Copies a module and all that it imports, types too. */
async function copyWithImports(file: string, from: string, to: string, done: Set<string>): Promise<void> {
  if (done.has(file)) return;
  done.add(file);
  const text = await readFile(path.join(from, file), 'utf8');
  const folder = path.dirname(file);
  await mkdir(path.join(to, folder), { recursive: true });
  await writeFile(path.join(to, file), withOwnRuntime(text, file));
  for (const found of parse(text)[0]) {
    if (found.type === 'import-meta' || !found.specifier?.startsWith('.')) continue;
    const imported = path.join(folder, found.specifier);
    const types = imported.replace(/\.[jt]s$/, '.d.ts');
    const next = file.endsWith('.d.ts') ? types : imported;
    if (!existsSync(path.join(from, next))) throw new Error(`${file} imports ${next}, which is not there`);
    await copyWithImports(next, from, to, done);
  }
}

/** The module on the WebAssembly of this package; its types are those of onnxruntime-common. */
function withOwnRuntime(text: string, file: string): string {
  if (file.endsWith('.d.ts')) return text.replaceAll(/'onnxruntime-web(\/wasm)?'/g, "'onnxruntime-common'");
  const script = path.posix.join('onnxruntime', runtime[0]!);
  const relative = path.relative(path.dirname(file), script).replaceAll(path.sep, '/');
  return text.replaceAll("'onnxruntime-web/wasm'", `'${relative}'`);
}
