import type { LabelImage } from '../../../src/library/web/index.ts';

/** A class map at another size: each pixel takes the class that lies nearest. */
export function enlargeClasses(classes: LabelImage, width: number, height: number): LabelImage {
  if (classes.width === width && classes.height === height) return classes;
  const data = new Uint8Array(width * height);
  const columns = Uint32Array.from({ length: width }, (_, x) =>
    Math.floor(((x + 0.5) * classes.width) / width),
  );
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * classes.height) / height) * classes.width;
    for (let x = 0; x < width; x++) data[y * width + x] = classes.data[row + columns[x]!]!;
  }
  return { width, height, data };
}
