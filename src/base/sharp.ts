import { createRequire } from 'node:module';

/**
 * sharp, as CommonJS: its ES module imports JSON by a syntax that Node 20.9 does not know, and that early releases of Node 20
 * and 22 warn about on every start.
 */
export const sharp: typeof import('sharp').default = createRequire(import.meta.url)('sharp');

export type { Metadata, Sharp } from 'sharp';
