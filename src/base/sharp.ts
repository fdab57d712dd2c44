import { createRequire } from 'node:module';
import { failure, reasonOf } from './errors.ts';
import { lacksMemory } from './memory.ts';

/**
 * sharp, as CommonJS: its ES module imports JSON by a syntax that Node 20.9 does not know, and that early releases of Node 20
 * and 22 warn about on every start.
 */
export const sharp: typeof import('sharp').default = load();

function load(): typeof import('sharp').default {
  try {
    return createRequire(import.meta.url)('sharp');
  } catch (thrown) {
    if (lacksMemory(thrown)) throw thrown;
    // What it could not do, what was in the way if that is known, and a page of what helps.
    const [what = '', cause = ''] = reasonOf(thrown).split('\n');
    const reason = cause.startsWith('Possible solutions') ? what : cause || what;
    throw failure(
      `sharp: cannot be loaded (${reason}), expected its package for this platform; install fcn again`,
      thrown,
    );
  }
}

export type { Metadata, Sharp } from 'sharp';
