/** The end of `npm run build`. */
import path from 'node:path';
import { bundleProgram } from './bundle-program.ts';
import { root } from './root.ts';

await bundleProgram(path.join(root, 'dist'));
