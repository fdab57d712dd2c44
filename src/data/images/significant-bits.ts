/** Data of these bits is often stored in 16: cameras, microscopes, medical images. */
const usual = [8, 10, 12] as const;

/**
 * How many bits the 16-bit values of an image really have: what the file says (sBIT of a PNG), or the fewest of 8, 10
 * and 12 that hold all of them; else 16. A value v is then v / 2^(bits - 8) of 255.
 * @param greatest value in the image; 0, of a black one, tells nothing
 */
export function significantBits(greatest: number, bytes: Uint8Array): number {
  if (greatest === 0) return 16;
  // Following the PNG specification (11.3.2.2), values are scaled to all 16 bits, whatever sBIT says; those that are
  // smaller than sBIT allows were not.
  const said = sBitOf(bytes);
  if (said !== undefined) return said >= 8 && greatest < 2 ** said ? said : 16;
  return usual.find((bits) => greatest < 2 ** bits) ?? 16;
}

/** The greatest number in the chunk sBIT of a PNG, which stands before the pixels. */
function sBitOf(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isPng = bytes.length > 8 && view.getUint32(0) === 0x89504e47;
  for (let at = 8; isPng && at + 12 <= bytes.length; ) {
    const [length, type] = [view.getUint32(at), view.getUint32(at + 4)];
    if (type === 0x49444154) return undefined; // IDAT
    if (type === 0x73424954 && length > 0 && length <= 4 && at + 8 + length <= bytes.length)
      return Math.max(...bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return undefined;
}

/** The greatest value of a color. @param channels of a pixel, the first `colors` of them colors */
export function greatestColor(data: Uint8Array | Uint16Array, channels: number, colors: number): number {
  let greatest = 0;
  for (let i = 0; i < data.length; i++) if (data[i]! > greatest && i % channels < colors) greatest = data[i]!;
  return greatest;
}
