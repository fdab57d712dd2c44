/** What a zero byte is followed by: the end of a row or of the image, or how far to move; greater numbers of indices stand as they are. */
const [endOfRow, endOfImage, move] = [0, 1, 2];

/**
 * The indices of a BMP that is compressed in runs (Windows SDK, "Bitmap compression"), row by row as they are stored. What no run
 * reaches has index 0.
 * @param isOfNibbles a run repeats two indices of 4 bits in turn, not one of 8
 * @throws Error where the data end early
 */
export function expandRuns(
  bytes: Uint8Array,
  {
    width,
    height,
    isOfNibbles,
  }: { readonly width: number; readonly height: number; readonly isOfNibbles: boolean },
): Uint8Array {
  // A byte stands for 255 pixels at most, but whole rows may be left out.
  const data = new Uint8Array(checkedSize(width, height, bytes.length));
  let [x, y, at] = [0, 0, 0];
  const put = (index: number) => {
    if (x < width && y < height) data[y * width + x] = index;
    x++;
  };
  const indexIn = (byte: number, i: number) => (isOfNibbles ? (i % 2 === 0 ? byte >> 4 : byte & 15) : byte);
  while (y < height) {
    if (at + 2 > bytes.length) throw new Error('it is truncated');
    const [count, value] = [bytes[at]!, bytes[at + 1]!];
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(indexIn(value, i));
    } else if (value === endOfRow) {
      [x, y] = [0, y + 1];
    } else if (value === endOfImage) {
      break;
    } else if (value === move) {
      if (at + 2 > bytes.length) throw new Error('it is truncated');
      [x, y, at] = [x + bytes[at]!, y + bytes[at + 1]!, at + 2];
    } else {
      const length = isOfNibbles ? Math.ceil(value / 2) : value;
      if (at + length > bytes.length) throw new Error('it is truncated');
      for (let i = 0; i < value; i++) put(indexIn(bytes[at + (isOfNibbles ? i >> 1 : i)]!, i));
      at += length + (length % 2);
    }
  }
  return data;
}

/** Pixels that a BMP with runs may have whatever its length; more need a byte for every so many. */
const [always, perByte] = [2 ** 24, 2 ** 13];

function checkedSize(width: number, height: number, length: number): number {
  if (width * height <= always + perByte * length) return width * height;
  throw new Error(`${length} bytes cannot hold its ${width}x${height} pixels`);
}
