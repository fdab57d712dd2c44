import { crc32 } from '../../base/crc32.ts';
import { inputError } from '../../base/errors.ts';

/**
 * The checksum of a safetensors file of ours: CRC-32 of the whole file, header and data, with the checksum's own bytes as
 * spaces. It stands in the padding of the header, its last 32 bytes: a tab for each bit that is 1, a space for each that is
 * 0, the highest first. JSON takes both for nothing, so every reader of the format reads our files. A tool that changes
 * tensors or metadata writes a padding of its own; from the metadata it would copy a checksum that is no longer right.
 */
export const sealBytes = 32;

const [space, tab] = [' '.charCodeAt(0), '\t'.charCodeAt(0)];

/** Puts the checksum into a header that ends in at least 32 spaces. @param header the length and the JSON behind it */
export function sealHeader(header: Uint8Array, data: Iterable<Uint8Array>): void {
  let crc = crc32(header);
  for (const bytes of data) crc = crc32(bytes, crc);
  for (let bit = 0; bit < sealBytes; bit++) {
    if ((crc >>> bit) & 1) header[header.length - 1 - bit] = tab;
  }
}

/** The checksum of a file that is being read: its data have to pass through `add`, from the first byte to the last. */
export class Seal {
  readonly #expected: number;
  #crc: number;

  private constructor(expected: number, crc: number) {
    this.#expected = expected;
    this.#crc = crc;
  }

  /** @returns undefined for files without: of other tools, of earlier versions */
  static find(length: Uint8Array, json: Uint8Array): Seal | undefined {
    const seal = json.subarray(-sealBytes);
    const tabs = seal.filter((byte) => byte === tab).length;
    const others = seal.filter((byte) => byte !== tab && byte !== space).length;
    // With one other byte it is a damaged seal. A bit of damage makes no tab a space.
    if (seal.length < sealBytes || tabs === 0 || others > 1) return undefined;
    const expected = seal.reduce((bits, byte) => ((bits << 1) | (byte === tab ? 1 : 0)) >>> 0, 0);
    const beforeSeal = crc32(json.subarray(0, -sealBytes), crc32(length));
    return new Seal(expected, crc32(new Uint8Array(sealBytes).fill(space), beforeSeal));
  }

  add(bytes: Uint8Array): void {
    this.#crc = crc32(bytes, this.#crc);
  }

  /** As `add`. @param checksum computes CRC-32 in another way */
  async addBy(
    checksum: (bytes: Uint8Array, before: number) => Promise<number>,
    bytes: Uint8Array,
  ): Promise<void> {
    this.#crc = await checksum(bytes, this.#crc);
  }

  /** @throws FcnError naming the file when a byte is not as it was written */
  check(file: string): void {
    if (this.#crc === this.#expected) return;
    const hex = (crc: number) => crc.toString(16).padStart(8, '0');
    throw inputError(
      `safetensors file ${file}: got checksum ${hex(this.#crc)}, expected ${hex(this.#expected)}, as it was ` +
        'written; it is damaged: use another copy',
    );
  }
}
