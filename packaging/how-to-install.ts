import { readdir } from 'node:fs/promises';
import { libraryPackage, platforms } from '../src/engine/runtimes/native/library-path.ts';
import { readManifest } from './main-package.ts';
import { onnxruntimeVersion } from './platform-package.ts';

/** How the tarballs in a folder are installed while no registry has them. @param called what the reader calls the folder */
export async function howToInstall(called: string, folder: string): Promise<string> {
  const { version } = await readManifest();
  const onnxruntime = await onnxruntimeVersion();
  const here = (await readdir(folder)).filter((name) => name.endsWith('.tgz')).sort();
  const platform = `${process.platform}-${process.arch}`;
  const resolutions = platforms.map((name) => {
    const place = name === platform ? '' : 'other-platforms/';
    const tarball = `${libraryPackage(name)}-${onnxruntime}.tgz`;
    return `    "${libraryPackage(name)}": "file:${called}/${place}${tarball}"`;
  });
  return `# fcn ${version}, as a registry would get it

| tarballs | what they are |
| --- | --- |
${here.map((name) => `| \`${name}\` | ${name.startsWith('fcn-onnx') ? `ONNX Runtime for ${platform}` : 'the program and the library'} |`).join('\n')}
| \`other-platforms/\` | ONNX Runtime for the other platforms; package managers take what fits |
| \`web/\` | \`fcn/web\` alone, with its WebAssembly |

## Without a registry

In a folder with a package.json of its own:

    npm install ${called}/*.tgz
    pnpm add ${called}/*.tgz
    bun add ${called}/*.tgz

On another platform, give that platform's tarball in place of the one here. Yarn also looks up the packages of the platforms
that it does not install, so tell it in package.json where they are, and then \`yarn add ${called}/*.tgz\`:

    "resolutions": {
${resolutions.join(',\n')}
    }

For a page alone: \`npm install ${called}/web/*.tgz\`.

## As from a registry

\`npm run registry -- ${called}\` in the repository serves these packages on this machine, and sends requests for all others on to
npm. Then any package manager installs fcn by its name: \`npm install fcn --registry http://127.0.0.1:4873\`.
`;
}
