/** Whether a point belongs to an outline that fits in the unit circle. */
type Outline = (x: number, y: number) => boolean;
/** Whether a point has the second of a texture's two colors; the pattern repeats about once a unit. */
type Texture = (u: number, v: number) => boolean;

const fraction = (value: number) => value - Math.floor(value);
const squared = (x: number, y: number) => x * x + y * y;

/** Corners of a regular five-pointed star: (cos, sin) of 18 + 36 i degrees, times 1 and 0.45 in turn. */
const starCorners: readonly (readonly [number, number])[] = [
  [0.9511, 0.309],
  [0.2645, 0.3641],
  [0, 1],
  [-0.2645, 0.3641],
  [-0.9511, 0.309],
  [-0.428, -0.1391],
  [-0.5878, -0.809],
  [0, -0.45],
  [0.5878, -0.809],
  [0.428, -0.1391],
];

const outlines: Record<string, Outline> = {
  disc: (x, y) => squared(x, y) < 0.81,
  square: (x, y) => Math.abs(x) < 0.7 && Math.abs(y) < 0.7,
  // Equilateral: 0.866 is half of the square root of 3.
  triangle: (x, y) => y > -0.5 && 0.866 * Math.abs(x) + 0.5 * y < 0.5,
  cross: (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.9 && Math.min(Math.abs(x), Math.abs(y)) < 0.36,
  ring: (x, y) => squared(x, y) < 0.9 && squared(x, y) > 0.16,
  star: (x, y) => isInside(x, y, starCorners),
};

const textures: Record<string, Texture> = {
  striped: (u) => fraction(u) < 0.5,
  dotted: (u, v) => squared(fraction(u) - 0.5, fraction(v) - 0.5) < 0.1,
  checkered: (u, v) => (Math.floor(u * 1.4) + Math.floor(v * 1.4)) % 2 === 0,
  plain: () => false,
  gridded: (u, v) => fraction(u) < 0.3 || fraction(v) < 0.3,
  zigzag: (u, v) => fraction(u + Math.abs(fraction(v / 2) - 0.5) * 2) < 0.5,
};

export interface ShapeClass {
  readonly name: string;
  readonly outline: Outline;
  readonly texture: Texture;
}

/**
 * The kinds of object, in the order of their labels from 1. The first six differ in outline and in texture; each
 * later one shares its outline with one class and its texture with another, so that neither alone tells them apart.
 */
export const shapeClasses: readonly ShapeClass[] = Object.values(textures).flatMap((_, round) =>
  Object.entries(outlines).map(([outlineName, outline], i) => {
    const [textureName, texture] = Object.entries(textures)[(i + round) % Object.keys(textures).length]!;
    return { name: `${textureName} ${outlineName}`, outline, texture };
  }),
);

/** Even-odd rule: a ray from the point crosses the polygon's edges an odd number of times. */
function isInside(x: number, y: number, corners: readonly (readonly [number, number])[]): boolean {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [xi, yi] = corners[i]!;
    const [xj, yj] = corners[j]!;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
