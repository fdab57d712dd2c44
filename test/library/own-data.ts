import type { RgbImage } from '../../src/data/images/image.ts';
import type { Dataset } from '../../src/library/index.ts';

/** Images of a program's own: the left part of each is dark and of class 0, the right part bright and of class 1. */
export function halves(name: string, count: number): Dataset<RgbImage> {
  const side = 32;
  const ids = Array.from({ length: count }, (_, i) => `${name}-${i}`);
  const sample = (index: number) => {
    const image = { width: side, height: side, data: new Uint8Array(side * side * 3) };
    const label = { width: side, height: side, data: new Uint8Array(side * side) };
    for (let i = 0; i < side * side; i++) {
      label.data[i] = i % side < 8 + ((5 * index) % 16) ? 0 : 1;
      image.data.fill(label.data[i] === 0 ? 40 : 200, 3 * i, 3 * i + 3);
    }
    return { id: ids[index]!, image, label };
  };
  return {
    ...{ name, classes: ['dark', 'bright'], ids },
    load: async (index) => sample(index),
    loadLabel: async (index) => sample(index).label,
    imageSource: (index) => ids[index]!,
  };
}
