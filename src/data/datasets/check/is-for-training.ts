/** Whether a split is learned from, by its name: train, trainval, train-for-seg11valid. */
export function isForTraining(split: string): boolean {
  return split.startsWith('train');
}
