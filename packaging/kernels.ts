import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { root } from './root.ts';

/** What `assembly/` is compiled to, for `src/`. */
export const kernelsFile = path.join(root, 'src', 'base', 'kernels', 'kernels_wasm.ts');

/** The text of that file. @throws Error with what the compiler says */
export async function compileKernels(): Promise<string> {
  let code = Buffer.of();
  const { error, stderr } = await asc.main(
    [
      ...['assembly/index.ts', '--baseDir', root, '--outFile', 'kernels.wasm'],
      ...['-O3', '--converge', '--noAssert', '--enable', 'simd', '--runtime', 'stub'],
      ...['--memoryBase', '0', '--initialMemory', '1'],
    ],
    {
      readFile: (name, folder) => readFile(path.resolve(folder, name), 'utf8').catch(() => null),
      writeFile: (_, contents) => {
        code = Buffer.from(contents);
      },
    },
  );
  if (error) throw new Error(`compiling assembly/: ${stderr.toString()}`);
  return [
    '// Compiled from assembly/ by `npm run kernels`; do not edit.',
    `export const kernelsWasm =\n  '${code.toString('base64')}';`,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(kernelsFile, await compileKernels());
