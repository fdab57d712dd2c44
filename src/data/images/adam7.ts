/** Adam7 (PNG specification, 8.2): where each pass begins and how far its pixels are apart, across and down. */
export const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * The rows of an interlaced PNG of less than 8 bits a pixel from top to bottom, each behind a filter byte of 0: what the same
 * image has that is not interlaced.
 * @param data unpacked: the rows of the seven passes, each filtered
 * @param bits of a pixel: 1, 2 or 4
 * @throws Error at a filter that there is not
 */
export function deinterlace(data: Uint8Array, width: number, height: number, bits: number): Uint8Array {
  const rowBytes = 1 + Math.ceil((width * bits) / 8);
  const rows = new Uint8Array(rowBytes * height);
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  let at = 0;
  for (const [x0, y0, across, down] of passes) {
    const columns = Math.max(0, Math.ceil((width - x0) / across));
    let above = new Uint8Array(Math.ceil((columns * bits) / 8));
    for (let y = y0; columns > 0 && y < height; y += down) {
      const row = unfilter(data[at]!, data.subarray(at + 1, at + 1 + above.length), above);
      at += 1 + row.length;
      for (let i = 0; i < columns; i++) {
        const value = (row[Math.floor(i / perByte)]! >> (8 - bits - (i % perByte) * bits)) & mask;
        const x = x0 + i * across;
        rows[y * rowBytes + 1 + Math.floor(x / perByte)]! |= value << (8 - bits - (x % perByte) * bits);
      }
      above = row;
    }
  }
  return rows;
}

/** A row as it was before it was filtered (9.2); pixels of less than a byte are filtered by bytes. */
function unfilter(filter: number, filtered: Uint8Array, above: Uint8Array): Uint8Array<ArrayBuffer> {
  const predict = predictors[filter];
  if (!predict) throw new Error(`it has a row of filter ${filter}`);
  const row = new Uint8Array(filtered.length);
  for (let i = 0; i < row.length; i++) {
    row[i] = filtered[i]! + predict(i > 0 ? row[i - 1]! : 0, above[i]!, i > 0 ? above[i - 1]! : 0);
  }
  return row;
}

type Predictor = (left: number, up: number, upLeft: number) => number;
const predictors: readonly Predictor[] = [
  () => 0,
  (left) => left,
  (_, up) => up,
  (left, up) => (left + up) >> 1,
  (left, up, upLeft) => {
    const distances = [up - upLeft, left - upLeft, left + up - 2 * upLeft].map(Math.abs);
    const [a, b, c] = distances as [number, number, number];
    return a <= b && a <= c ? left : b <= c ? up : upLeft;
  },
];
