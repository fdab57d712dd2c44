/** Sizes of the integer types of TIFF 6.0 (page 15) in bytes: BYTE, SHORT, LONG. */
const sizes: Readonly<Record<number, 1 | 2 | 4>> = { 1: 1, 3: 2, 4: 4 };

/**
 * The integers of a tag in the first directory of a TIFF file; undefined where there is none, or the file is no TIFF
 * (BigTIFF counts as none).
 */
export function tiffTag(bytes: Uint8Array, tag: number): number[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) return undefined;
  const little = view.getUint16(0) === 0x4949;
  if ((!little && view.getUint16(0) !== 0x4d4d) || view.getUint16(2, little) !== 42) return undefined;
  const directory = view.getUint32(4, little);
  if (directory + 2 > bytes.length) return undefined;
  const entries = view.getUint16(directory, little);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + 12 * entry;
    if (at + 12 > bytes.length) return undefined;
    if (view.getUint16(at, little) !== tag) continue;
    const size = sizes[view.getUint16(at + 2, little)];
    const count = view.getUint32(at + 4, little);
    if (size === undefined) return undefined;
    // Up to four bytes stand in the entry itself.
    const start = size * count <= 4 ? at + 8 : view.getUint32(at + 8, little);
    if (start + size * count > bytes.length) return undefined;
    return Array.from({ length: count }, (_, i) => {
      const position = start + i * size;
      if (size === 1) return view.getUint8(position);
      return size === 2 ? view.getUint16(position, little) : view.getUint32(position, little);
    });
  }
  return undefined;
}
