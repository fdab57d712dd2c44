import { inputError } from '../../../base/errors.ts';
import { remarks } from '../../images/remarks.ts';
import type { Tell } from './annotated-images.ts';
import type { Point } from './raster/paint.ts';

/** Images smaller than this have objects of a pixel. */
const leastForFractions = 4;
/** Images larger than this have few objects in the corner that percents make up, and... */
const leastForPercents = 400;
/** ...hardly any that fill half of it. */
const halfOfPercents = 50;
/** How far beyond 1 or 100 programs get by rounding. */
const slack = 1.01;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Notices where the shapes on an image lie: coordinates in fractions or percents of its size, where pixels are expected,
 * would become a label map of the background alone; and so would shapes drawn for an image of another size.
 */
export class ShapePlaces {
  readonly #size: Size;
  readonly #unit: 'pixels' | 'percents';
  #shapes = 0;
  #tiny = 0;
  #right = 0;
  #bottom = 0;
  #left = Number.POSITIVE_INFINITY;
  #top = Number.POSITIVE_INFINITY;
  #outside = 0;

  /** @param size of the image, in the unit that its annotations should have */
  constructor(size: Size, unit: 'pixels' | 'percents' = 'pixels') {
    this.#size = size;
    this.#unit = unit;
  }

  /**
   * A shape by its points; one without extent may be a click that went wrong, and is no sign of anything.
   * @param margin by how much it is drawn larger on each side
   */
  add(points: readonly Point[], margin = 0): void {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [x, y] of points) {
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x);
      bottom = Math.max(bottom, y);
    }
    if (!(right > left || bottom > top)) return;
    this.#shapes++;
    if (left >= -0.01 && top >= -0.01 && right <= slack && bottom <= slack) this.#tiny++;
    const { width, height } = this.#size;
    if (right + margin < 0 || bottom + margin < 0 || left - margin >= width || top - margin >= height)
      this.#outside++;
    this.#left = Math.min(this.#left, left);
    this.#top = Math.min(this.#top, top);
    this.#right = Math.max(this.#right, right);
    this.#bottom = Math.max(this.#bottom, bottom);
  }

  /**
   * Tells what is odd about all of them together.
   * @param what the annotations, for the beginning of the message
   * @throws FcnError where all lie in the first pixel: nobody annotates that
   */
  judge(what: string, tell: Tell): void {
    if (this.#outside > 0) tell(remarks.outside);
    const { width, height } = this.#size;
    if (this.#tiny > 0 && Math.min(width, height) >= leastForFractions) {
      if (this.#tiny < this.#shapes) tell(remarks.firstPixel);
      else throw inputError(`${what}: ${this.#aboutFractions()}`);
    }
    if (this.#seemPercents()) tell(remarks.percents);
  }

  #aboutFractions(): string {
    const { width, height } = this.#size;
    const seen = 'they seem to be fractions of the width and height';
    return this.#unit === 'pixels'
      ? `got only coordinates from 0 to 1 for an image of ${width}x${height} pixels, expected pixels; ${seen}, so multiply them by ` +
          'these, or export the annotations in pixels'
      : `got only coordinates from 0 to 1, expected percents, 0 to 100; ${seen}, so multiply them by 100`;
  }

  #seemPercents(): boolean {
    const { width, height } = this.#size;
    const [across, down] = [this.#right - this.#left, this.#bottom - this.#top];
    return (
      Math.min(width, height) >= leastForPercents &&
      Math.min(this.#left, this.#top) >= 0 &&
      Math.max(this.#right, this.#bottom) <= 100 * slack &&
      Math.min(across, down) > halfOfPercents
    );
  }
}
