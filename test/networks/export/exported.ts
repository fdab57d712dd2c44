import { compileExport } from '../../../src/networks/graphs/export.ts';
import type { Model } from '../../../src/weights/model.ts';

/** The bytes of an exported network, as `fcn export` writes them. */
export function exported({ config, weights }: Model, scores = true): Uint8Array {
  return Buffer.concat(compileExport(config, weights, { scores }));
}
