import { exchange } from '../base/mpi/agreement.ts';
import type { Communicator } from '../base/mpi/communicator.ts';
import type { Dataset } from '../data/datasets/dataset.ts';
import type { Image } from '../data/images/image.ts';
import { say } from './say.ts';

/** Says what is special about images that are read, by the first image of each kind. */
export class Remarks {
  /** What was said, and of which image. */
  readonly #told = new Map<string, string>();
  readonly #say: (line: string) => void;

  constructor(sayLine: (line: string) => void = say) {
    this.#say = sayLine;
  }

  /** @param file the image */
  tell(file: string, remarks: readonly string[] = []): void {
    for (const remark of remarks) {
      if (this.#told.has(remark)) continue;
      this.#told.set(remark, file);
      this.#say(`image ${file} ${remark} (said once for all such images)`);
    }
  }

  /** Says what other ranks have found besides, each of which calls this; those say nothing themselves. */
  async tellOfAll(world: Communicator | undefined): Promise<void> {
    if (!world) return;
    const found = await exchange(world, [...this.#told]);
    if (world.rank === 0) for (const [remark, file] of found.flat()) this.tell(file, [remark]);
  }

  /**
   * A data set, with what is special about its images said when they are loaded.
   * @param about what else is to be said of an image
   */
  of(dataset: Dataset, about: (image: Image) => readonly string[] = () => []): Dataset {
    const { withChannels } = dataset;
    return {
      ...dataset,
      ...(withChannels && { withChannels: async (count) => this.of(await withChannels(count), about) }),
      load: async (index) => {
        const sample = await dataset.load(index);
        this.tell(dataset.imageSource(index), [...(sample.remarks ?? []), ...about(sample.image)]);
        return sample;
      },
    };
  }
}
