import { existsSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { readInput, replaceFile } from '../../base/files.ts';
import { parseJson } from '../../base/parse-json.ts';
import { listOf } from '../../base/schemas.ts';
import { removeAbandoned } from '../../base/temporary-files.ts';
import { touchPlain } from './plain-files.ts';

/** Files of the folder that a page may show: `PLACE-image.png`, `PLACE-truth.png`, `PLACE-ITERATION.png`. */
const pictureName = /^\d+-(image|truth|\d+)\.png$/;
const picture = z.string().regex(pictureName);

const livePredictionSchema = z.object({
  iteration: z.int().nonnegative(),
  file: picture,
  /** Share of the valid pixels that are right; null where there are none. */
  pixelAccuracy: z.number().nullable(),
});

const liveExampleSchema = z.object({
  id: z.string(),
  width: z.int(),
  height: z.int(),
  image: picture,
  truth: picture,
  /** What the network made of the image, from early to late. */
  predictions: listOf(livePredictionSchema),
});
/** An image that a run shows its progress on. */
export type LiveExample = z.infer<typeof liveExampleSchema>;

/** After this many seconds without a word, whoever watched does so no longer. */
const watchedFor = 15;

/** The folder where a training run and those who watch it meet: `live` in the run folder. */
export class LiveFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Lists the examples; written after the pictures that it names, and before those it no longer names are removed. */
  get list(): string {
    return path.join(this.folder, 'examples.json');
  }
  /** Its time says when somebody last watched. */
  get #watched(): string {
    return path.join(this.folder, 'watched');
  }

  /** Makes the folder, without what a killed process has left half. */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await removeAbandoned(this.folder, (name) => pictureName.test(name));
  }

  /** @returns nothing where nobody has watched the run. @throws FcnError when the list is not ours. */
  async examples(): Promise<LiveExample[]> {
    if (!existsSync(this.list)) return [];
    const text = await readInput(this.list, 'list of live predictions');
    const advice = `remove the folder ${this.folder}; a run with --watch creates it again`;
    return parseJson(
      listOf(liveExampleSchema),
      text.toString(),
      `list of live predictions ${this.list}`,
      advice,
    );
  }

  async writeExamples(examples: readonly LiveExample[]): Promise<void> {
    await this.#replace(this.list, `${JSON.stringify(examples, null, 2)}\n`);
  }

  async writePicture(name: string, png: Uint8Array): Promise<void> {
    await this.#replace(path.join(this.folder, name), png);
  }

  async removePicture(name: string): Promise<void> {
    await rm(path.join(this.folder, name), { force: true });
  }

  /** The file of a picture. @returns undefined for any other name */
  picture(name: string): string | undefined {
    return pictureName.test(name) ? path.join(this.folder, name) : undefined;
  }

  /** Says to the run that somebody watches, for the next seconds. */
  async announce(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await touchPlain(path.dirname(this.folder), this.#watched);
  }

  /** Takes that back. */
  async leave(): Promise<void> {
    await rm(this.#watched, { force: true });
  }

  /** Whether somebody watches. */
  isWatched(): boolean {
    const said = statSync(this.#watched, { throwIfNoEntry: false });
    return said !== undefined && Date.now() - said.mtimeMs < 1000 * watchedFor;
  }

  // Unlike results, pictures need not survive a power failure: no flush, which can take longer than the prediction.
  async #replace(file: string, content: Uint8Array | string): Promise<void> {
    await replaceFile(file, (temporary) => writeFile(temporary, content));
  }
}
