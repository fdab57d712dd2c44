import { ignoreLabel, type LabelImage } from '../images/image.ts';
import type { Dataset } from './dataset.ts';

/** How much of a class there is. */
export interface ClassFrequency {
  /** Pixels of the class. */
  pixels: number;
  /** Images in which it occurs. */
  images: number;
  /** All labeled (not void) pixels of those images. */
  pixelsOfImagesWithClass: number;
}

/**
 * The frequency of each class over all labels of a data set; void counts for nothing.
 * @param onLabel called after each label with the number of labels done
 * @throws FcnError of the first label that cannot be loaded
 */
export async function classFrequencies(
  dataset: Dataset,
  onLabel: (done: number) => void = () => {},
): Promise<ClassFrequency[]> {
  const frequencies = noFrequencies(dataset.classes.length);
  for (const index of dataset.ids.keys()) {
    addLabel(frequencies, labelHistogram(await dataset.loadLabel(index)));
    onLabel(index + 1);
  }
  return frequencies;
}

/** Frequencies to add labels to. */
export function noFrequencies(numClasses: number): ClassFrequency[] {
  return Array.from({ length: numClasses }, () => ({ pixels: 0, images: 0, pixelsOfImagesWithClass: 0 }));
}

/** Pixels of each value 0..255 of a label. */
export function labelHistogram({ data }: LabelImage): Float64Array {
  const histogram = new Float64Array(256);
  for (let i = 0; i < data.length; i++) histogram[data[i]!]!++;
  return histogram;
}

/** Counts one more label, by its histogram. */
export function addLabel(frequencies: ClassFrequency[], histogram: Float64Array): void {
  const labeled = histogram.reduce((sum, pixels) => sum + pixels, 0) - histogram[ignoreLabel]!;
  for (const [index, frequency] of frequencies.entries()) {
    const pixels = histogram[index]!;
    if (pixels === 0) continue;
    frequency.pixels += pixels;
    frequency.images++;
    frequency.pixelsOfImagesWithClass += labeled;
  }
}

/**
 * Loss weights by median frequency balancing (Eigen & Fergus, ICCV 2015, section 6.3.2; used by SegNet): with freq(c) =
 * pixels of c / labeled pixels of the images in which c occurs, the weight of c is median(freq) / freq(c). The median is
 * over the classes that occur. One that does not occur gets 1: no pixel asks for its weight, and it distorts no sum.
 */
export function medianFrequencyWeights(frequencies: readonly ClassFrequency[]): number[] {
  const shares = frequencies.map(({ pixels, pixelsOfImagesWithClass }) => pixels / pixelsOfImagesWithClass);
  const middle = median(shares.filter((share) => share > 0));
  return shares.map((share) => (share > 0 ? middle / share : 1));
}

/** The middle of the values in order; the mean of both where their number is even. NaN of none. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}
