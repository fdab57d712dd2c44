import type { Dataset } from '../data/datasets/dataset.ts';
import { say } from './say.ts';

/** Says what is special about images that are read, by the first image of each kind. */
export class Remarks {
  readonly #told = new Set<string>();
  readonly #say: (line: string) => void;

  constructor(sayLine: (line: string) => void = say) {
    this.#say = sayLine;
  }

  /** @param file the image */
  tell(file: string, remarks: readonly string[] = []): void {
    for (const remark of remarks) {
      if (this.#told.has(remark)) continue;
      this.#told.add(remark);
      this.#say(`image ${file} ${remark} (said once for all such images)`);
    }
  }

  /** A data set, with what is special about its images said when they are loaded. */
  of(dataset: Dataset): Dataset {
    return {
      ...dataset,
      load: async (index) => {
        const sample = await dataset.load(index);
        this.tell(dataset.imageSource(index), sample.remarks);
        return sample;
      },
    };
  }
}
