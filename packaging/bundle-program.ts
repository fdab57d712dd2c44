import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { copyLicenses, packageOf } from './licenses.ts';
import { root } from './root.ts';

/** Libraries of many small files, which take longer to find than to run. */
const bundled = ['zod', '@bufbuild/protobuf'];

/**
 * Joins the modules of the command line into a few files: Node takes a quarter of a second to find and read six hundred. The command
 * line starts from these; everything else, such as workers, is where TypeScript wrote it.
 * @param dist folder that TypeScript compiled into; the files are in `program` below it
 */
export async function bundleProgram(dist: string): Promise<void> {
  const out = path.join(dist, 'program');
  await rm(out, { recursive: true, force: true }); // file names tell contents, so those of earlier builds would stay
  const { dependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const { metafile } = await build({
    entryPoints: ['start.js', 'bench/session-clock.js'].map((file) => path.join(dist, 'cli', file)),
    entryNames: '[name]',
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Node reads every file whole before it starts: names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none', // licenses are copied whole
    external: [...Object.keys(dependencies).filter((name) => !bundled.includes(name)), 'onnxruntime-*'],
    nodePaths: [path.join(root, 'node_modules')],
    metafile: true,
    plugins: [keepPlaces(dist, out)],
  });
  const packages = new Set(Object.keys(metafile.inputs).flatMap((file) => packageOf(file) ?? []));
  await copyLicenses(packages, root, path.join(out, 'licenses'));
}

/** A module looks for files next to where it was compiled to, and goes on doing so. */
function keepPlaces(dist: string, out: string): Plugin {
  return {
    name: 'keep-places',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, async ({ path: file }) => {
        if (!file.startsWith(dist + path.sep)) return undefined;
        const place = path.relative(out, file).replaceAll(path.sep, '/');
        const contents = (await readFile(file, 'utf8')).replaceAll(
          'import.meta.url',
          `new URL(${JSON.stringify(place)}, import.meta.url).href`,
        );
        return { contents, loader: 'js' };
      });
    },
  };
}
