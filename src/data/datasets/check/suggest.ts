import { medianFrequencyWeights } from '../class-frequencies.ts';
import { isForTraining } from './compare-splits.ts';
import type { SplitContent } from './look-at-split.ts';
import { aFew } from './problem.ts';

/** The rarest class weighs this much more than the most frequent one before weights are worth a try. */
const imbalance = 10;
/** Crops are a multiple of this: the stride of the coarsest scores. */
const stride = 32;

/** What to do about a split: one line each. `others` are the other splits that were looked at. */
export function suggestionsFor(
  content: SplitContent,
  others: readonly SplitContent[],
  minImages: number,
): string[] {
  if (content.heights.length === 0) return [];
  return [
    ...aboutVoid(content),
    ...aboutRareClasses(content, minImages),
    ...(isForTraining(content.split)
      ? [...aboutUnseenClasses(content, others), ...aboutWeights(content), ...aboutSizes(content)]
      : []),
  ];
}

function aboutVoid({ classes, frequencies, voidPixels, mayMean255 }: SplitContent): string[] {
  const seen = classes.filter((_, index) => frequencies[index]!.images > 0);
  if (seen.length > 1 || voidPixels === 0 || !mayMean255) return [];
  const object = classes.length === 2 ? classes.find((name) => name !== seen[0]) : 'NAME';
  return [
    `nothing but void (255)${seen[0] ? ` and ${seen[0]}` : ''} occurs: if 255 is a class in the masks, write ` +
      `'${object} 255' in classes.txt; if it is void, write 'void 255'`,
  ];
}

function aboutRareClasses({ classes, frequencies }: SplitContent, minImages: number): string[] {
  const rare = frequencies.flatMap(({ images }, index) => {
    return images > 0 && images < minImages ? [`${classes[index]} (${images})`] : [];
  });
  if (rare.length === 0) return [];
  return [
    `fewer than ${minImages} images: ${rare.join(', ')}; add images, merge them into other classes, or also report the mean ` +
      'IoU over the other classes',
  ];
}

function aboutUnseenClasses(
  { classes, frequencies }: SplitContent,
  others: readonly SplitContent[],
): string[] {
  return others.flatMap((other) => {
    const unseen = classes.filter(
      (_, index) => frequencies[index]!.images === 0 && (other.frequencies[index]?.images ?? 0) > 0,
    );
    return unseen.length === 0
      ? []
      : [`in ${other.split} but not here, so they cannot be learned (${aFew(unseen)}); add images`];
  });
}

function aboutWeights({ frequencies }: SplitContent): string[] {
  const weights = medianFrequencyWeights(frequencies).filter((_, index) => frequencies[index]!.images > 0);
  const ratio = Math.max(...weights) / Math.min(...weights);
  if (!(ratio > imbalance)) return [];
  return [`class frequencies differ by a factor of ${ratio.toFixed(0)}: try --class-weights balanced`];
}

function aboutSizes({ heights, widths }: SplitContent): string[] {
  const [height, width] = [heights, widths].map((sizes) => sizes.toSorted((a, b) => a - b));
  const middle = Math.floor(heights.length / 2);
  if (height![0] === height!.at(-1) && width![0] === width!.at(-1)) {
    return [`all images are ${height![0]}x${width![0]}: --native-size works with any --batch-size`];
  }
  const crop = [height!, width!].map((sizes) => Math.max(1, Math.floor(sizes[middle]! / stride)) * stride);
  return [
    `image sizes differ: --crop ${crop.join('x')} lets images share a batch; --native-size needs --batch-size 1`,
  ];
}
