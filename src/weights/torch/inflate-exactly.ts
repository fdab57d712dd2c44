import { inflateRawSync } from 'node:zlib';
import { reasonOf } from '../../base/errors.ts';

/** What deflated bytes unpack to, if that is so many bytes; otherwise why not, in words. */
export function inflateExactly(packed: Uint8Array, bytes: number): Buffer | string {
  try {
    const content = inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
    return content.length === bytes ? content : `it unpacks to ${content.length} bytes, expected ${bytes}`;
  } catch (thrown) {
    return `it cannot be unpacked (${reasonOf(thrown)})`;
  }
}
