import type { FcnError } from '../errors.ts';

/** Takes what makes one image or a few unusable; they are then left out of the data set. */
export type OnUnusable = (problem: FcnError) => void;

/** What training and evaluation want: no data set with holes. */
export const refuseUnusable: OnUnusable = (problem) => {
  throw problem;
};
