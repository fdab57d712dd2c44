import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** Modules find files beside them, wherever they are joined. */
const placesOfSources: Plugin = {
  name: 'places of sources',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/, namespace: 'file' }, async ({ path: file }) => {
      const text = await readFile(file, 'utf8');
      const contents = text
        .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href));
      return { contents, loader: 'ts' };
    });
  },
};

export interface Reading {
  readonly program: string;
  remove(): Promise<void>;
}

/**
 * Joins read-one.ts and all that it imports but packages: each file is read in a process of its own, which would take seconds to
 * compile hundreds of modules.
 */
export async function bundleReading(): Promise<Reading> {
  const root = path.resolve(import.meta.dirname, '../..');
  const cache = path.join(root, 'node_modules', '.cache'); // where programs find the packages
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, 'fcn-reading-'));
  const program = path.join(folder, 'read-one.mjs');
  await build({
    ...{ entryPoints: [path.join(import.meta.dirname, 'read-one.ts')], outfile: program, bundle: true },
    ...{ platform: 'node', format: 'esm', target: 'node20', packages: 'external', logLevel: 'error' },
    plugins: [placesOfSources],
  });
  return { program, remove: () => rm(folder, { recursive: true, force: true }) };
}
