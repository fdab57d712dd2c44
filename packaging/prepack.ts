/** What npm runs before it packs this folder. */
import { buildInto, root } from './build.ts';

await buildInto(root);
