/** Where JPEGs with much metadata still tell their size. */
export const headerBytes = 2 ** 19;

interface Extent {
  readonly width: number;
  readonly height: number;
}

/** The size that the beginning of a PNG, JPEG, WebP, GIF or BMP states, before browsers make room for its pixels; undefined of others. */
export function statedSize(start: Uint8Array): Extent | undefined {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const begins = (text: string, at = 0) =>
    [...text].every((letter, i) => start[at + i] === letter.charCodeAt(0));
  if (start.length < 30) return undefined;
  if (begins('\x89PNG')) return { width: view.getUint32(16), height: view.getUint32(20) };
  if (begins('GIF8')) return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (begins('BM') && view.getUint32(14, true) >= 40)
    return { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
  if (begins('RIFF') && begins('WEBPVP8X', 8)) {
    const of24Bits = (at: number) => 1 + view.getUint16(at, true) + 65536 * view.getUint8(at + 2);
    return { width: of24Bits(24), height: of24Bits(27) };
  }
  return begins('\xff\xd8') ? sizeOfFrame(view) : undefined;
}

/** How image files begin, and what people call them. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/^\xff\xd8\xff/, 'JPEG'],
  [/^\x89PNG/, 'PNG'],
  [/^GIF8/, 'GIF'],
  [/^RIFF....WEBP/s, 'WebP'],
  [/^BM/, 'BMP'],
  [/^....ftyp(?:avi[fs]|.{0,40}avi[fs])/s, 'AVIF'],
  [/^(?:II[*+]\0|MM\0[*+])/, 'TIFF'],
];

/** What kind of image a file is by its first bytes; undefined of others. */
export function kindOf(start: Uint8Array): string | undefined {
  const text = String.fromCharCode(...start.subarray(0, 64));
  return kinds.find(([beginning]) => beginning.test(text))?.[1];
}

/** Whether a file is a PNG of 16 bits, of which browsers show the upper 8. */
export function isDeepPng(start: Uint8Array): boolean {
  return start[0] === 0x89 && start[1] === 0x50 && start[24] === 16;
}

/** From a JPEG's frame header, SOF0 to SOF15 (ITU-T T.81, B.2.2). */
function sizeOfFrame(view: DataView): Extent | undefined {
  for (let at = 2; at + 9 <= view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
