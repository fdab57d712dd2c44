import { type Color, keyOf } from './palette.ts';
import { tiffTag } from './tiff-tags.ts';

/** Tag of a TIFF with a palette: all reds, all greens, all blues, 16 bits each (TIFF 6.0, page 23). */
export const colorMap = 320;

/**
 * The palette indices of a TIFF or GIF, of which the decoder gives the colors alone.
 * @param colors [height, width, 3] of all pixels
 * @returns undefined where the file has no palette, or not one that tells indices: a color twice, or colors that it lacks.
 *   Also for the grays of a GIF: programs that write GIFs put them into any order, and their values are what is meant.
 */
export function withPalette(
  bytes: Uint8Array,
  colors: Uint8Array,
): { readonly data: Uint8Array; readonly palette: readonly Color[] } | undefined {
  const ofTiff = tiffPalette(bytes);
  const palette = withoutPadding(ofTiff ?? gifPalette(bytes) ?? []);
  const indexOf = new Map<number, number>();
  const repeated = new Set<number>();
  for (const [index, color] of palette.entries()) {
    const key = keyOf(color);
    if (indexOf.has(key)) repeated.add(key);
    else indexOf.set(key, index);
  }
  if (indexOf.size === 0) return undefined;
  const data = new Uint8Array(colors.length / 3);
  let isGray = true;
  for (let i = 0; i < data.length; i++) {
    const color = [colors[3 * i]!, colors[3 * i + 1]!, colors[3 * i + 2]!] as const;
    const index = indexOf.get(keyOf(color));
    if (index === undefined || repeated.has(keyOf(color))) return undefined;
    if (color[0] !== color[1] || color[0] !== color[2]) isGray = false;
    data[i] = index;
  }
  return isGray && !ofTiff ? undefined : { data, palette };
}

/** A palette is filled up with black behind its last color. */
function withoutPadding(palette: readonly Color[]): readonly Color[] {
  const isBlack = (color: Color) => keyOf(color) === 0;
  const last = palette.findLastIndex((color) => !isBlack(color));
  const first = palette.findIndex(isBlack);
  return first >= 0 && first <= last ? palette.slice(0, last + 1) : palette.slice(0, last + 2);
}

function tiffPalette(bytes: Uint8Array): Color[] | undefined {
  const values = tiffTag(bytes, colorMap);
  if (!values) return undefined;
  const count = values.length / 3;
  return Array.from({ length: count }, (_, i): Color => {
    const [red, green, blue] = [values[i]! >> 8, values[count + i]! >> 8, values[2 * count + i]! >> 8];
    return [red, green, blue];
  });
}

/** The table of the whole file (GIF89a, 18 and 19). */
function gifPalette(bytes: Uint8Array): Color[] | undefined {
  const isGif = Buffer.from(bytes.subarray(0, 3)).toString('latin1') === 'GIF';
  const flags = bytes[10] ?? 0;
  const count = 2 ** ((flags & 7) + 1);
  if (!isGif || !(flags & 0x80) || bytes.length < 13 + 3 * count) return undefined;
  return Array.from({ length: count }, (_, i): Color => {
    const at = 13 + 3 * i;
    return [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!];
  });
}
