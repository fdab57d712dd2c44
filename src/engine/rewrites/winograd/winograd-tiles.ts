type Matrix = readonly (readonly number[])[];

/**
 * How Winograd's algorithm splits a map: each tile of some results is computed from its pixels, both in a transformed form, the
 * factors, in which convolution is a product of numbers. Along one axis, for pixels d, a kernel g and results y (Lavin and Gray
 * 2016, "Fast Algorithms for Convolutional Neural Networks", section 4.1):
 *
 *   y = forResults ((forKernels g) * (forPixels d))
 */
export interface WinogradTiles {
  /** Results of a tile along an axis. Its pixels are as many more as a kernel has neighbors of its first tap. */
  readonly results: number;
  /** Factors of a tile, on both axes: multiplications for each pair of channels. */
  readonly factors: number;
  readonly forPixels: Matrix;
  readonly forKernels: Matrix;
  readonly forResults: Matrix;
}

/** Tiles by their results along an axis. */
export type TileSize = 2 | 4;

const f2: WinogradTiles = {
  results: 2,
  factors: 16,
  forPixels: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  forKernels: [
    [1, 0, 0],
    [0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0, 0, 1],
  ],
  forResults: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
};

/**
 * F(4x4, 3x3) at points of little error: of a grid of pairs, these had the least for pixels behind a ReLU, 1.9e-6 of the largest
 * result over 256 channels; Lavin and Gray's 1 and 2 have 8.8e-6, F(2x2, 3x3) has 4.7e-7. As they are multiples of 1/4, the
 * matrices for pixels and results are exact in float32.
 */
const f4 = tilesAt([0, 3 / 4, -3 / 4, 3 / 2, -3 / 2]);

/** F(2x2, 3x3) needs 4 multiplications for a result in place of 9, F(4x4, 3x3) 2.25. */
export const tilesOf: Readonly<Record<TileSize, WinogradTiles>> = { 2: f2, 4: f4 };

/**
 * The algorithm of Toom and Cook: polynomials are multiplied by their values at some points, and at infinity.
 * @param points all different; a tile has as many results as there are points, and two, less the taps
 * @param taps of a kernel along an axis
 */
export function tilesAt(points: readonly number[], taps = 3): WinogradTiles {
  const results = points.length + 2 - taps;
  const others = points.map((point) => points.filter((other) => other !== point));
  const powers = (point: number, count: number) =>
    Array.from({ length: count }, (_, power) => point ** power);
  const atInfinity = (count: number) => powers(0, count).toReversed();
  const columns = [...points.map((point) => powers(point, results)), atInfinity(results)];
  return {
    results,
    factors: (points.length + 1) ** 2,
    forPixels: [...others.map((roots) => [...withRoots(roots), 0]), withRoots(points)],
    forKernels: [
      ...points.map((point, i) => {
        const scale = others[i]!.reduce((product, other) => product * (point - other), 1);
        return powers(point, taps).map((power) => power / scale);
      }),
      atInfinity(taps),
    ],
    forResults: powers(0, results).map((_, row) => columns.map((column) => column[row]!)),
  };
}

/** The coefficients, lowest first, of the polynomial that has these roots and 1 as its last coefficient. */
function withRoots(roots: readonly number[]): number[] {
  return roots.reduce<number[]>(
    (polynomial, root) =>
      [0].concat(polynomial).map((above, power) => above - root * (polynomial[power] ?? 0)),
    [1],
  );
}
