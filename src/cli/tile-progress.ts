import path from 'node:path';
import { Progress } from './progress.ts';

/** Progress within an image that is segmented in tiles: with the first of them it begins to know how long they take. */
export class TileProgress {
  #progress: Progress | undefined;

  readonly onTile = (image: string, done: number, total: number): void => {
    if (done === 1) this.#progress = new Progress(path.basename(image), total, 'tiles', done);
    this.#progress?.update(done);
  };
}
