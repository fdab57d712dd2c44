import type { FcnError } from '../../base/errors.ts';

/** Takes what makes images unusable, and their ids; they are then left out of the data set. */
export type OnUnusable = (problem: FcnError, ids: readonly string[]) => void;

/** What training and evaluation want: no data set with holes. */
export const refuseUnusable: OnUnusable = (problem) => {
  throw problem;
};
