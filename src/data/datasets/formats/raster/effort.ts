import type { LabelImage } from '../../../images/image.ts';

/** Steps that the shapes of any image may take to draw: some seconds. */
const always = 5e7;
/** Steps for each pixel of a large image. */
const eachPixel = 20;
/** Pixels of a row or a mask that count as a step: they are filled at once. */
export const pixelsAtOnce = 32;

/** What the shapes on an image took so far. */
const spent = new WeakMap<LabelImage, number>();

/** The shapes of an image take longer to draw than anybody's do. */
export class TooMuchToDraw extends Error {
  constructor({ width, height }: LabelImage) {
    super(
      `got more to draw on ${width}x${height} pixels than real shapes need, expected fewer or smaller ones; shapes that ` +
        'reach far beyond the image, or a hundred thousand of them on one image, are mistakes',
    );
  }
}

/**
 * Counts what drawing on a label map takes: a few bytes can ask for a shape, or an edge of one, of any size.
 * @param steps of about a hundredth of a microsecond
 * @throws TooMuchToDraw where it is more than people's annotations take
 */
export function spend(label: LabelImage, steps: number): void {
  const total = (spent.get(label) ?? 0) + steps;
  if (total > always + eachPixel * label.data.length) throw new TooMuchToDraw(label);
  spent.set(label, total);
}

/** A label map of zeros to draw one shape of `label` on: what it takes counts for that. */
export function scratchMask(label: LabelImage): LabelImage {
  const { width, height } = label;
  spend(label, (width * height) / pixelsAtOnce);
  const mask = { width, height, data: new Uint8Array(width * height) };
  spent.set(mask, spent.get(label) ?? 0);
  return mask;
}
