/** Red, green and blue, 0..255. */
export type Color = readonly [number, number, number];

/** A color as a number, to look it up by. */
export function keyOf([red, green, blue]: Color): number {
  return (red << 16) | (green << 8) | blue;
}

/**
 * The 256 colors of PASCAL VOC's label images, by label. The bits of the label, three at a time from the lowest,
 * become the bits of red, green and blue from the highest (VOCdevkit, VOClabelcolormap.m).
 */
export function vocPalette(): Color[] {
  return Array.from({ length: 256 }, (_, label) => {
    const channel = (first: number) => {
      let value = 0;
      for (let bit = 0; bit < 8; bit++) value |= ((label >> (3 * bit + first)) & 1) << (7 - bit);
      return value;
    };
    return [channel(0), channel(1), channel(2)];
  });
}
