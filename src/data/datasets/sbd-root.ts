import { existsSync } from 'node:fs';
import path from 'node:path';

/** SBD's folder with train.txt: the directory, the dataset in it, or that in the benchmark_RELEASE in it. */
export function findSbdRoot(directory: string): string | undefined {
  return ['.', 'dataset', path.join('benchmark_RELEASE', 'dataset')]
    .map((below) => path.join(directory, below))
    .find((folder) => existsSync(path.join(folder, 'train.txt')));
}
