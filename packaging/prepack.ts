/** What npm runs before it packs this folder. */
import { buildInto } from './build.ts';
import { root } from './root.ts';

await buildInto(root);
