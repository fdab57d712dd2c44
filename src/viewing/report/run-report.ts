import { FcnError, inputError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { version } from '../../base/version.ts';
import type { Dataset } from '../../data/datasets/dataset.ts';
import { openDataset } from '../../data/datasets/open.ts';
import { locateData } from '../../training/locate-data.ts';
import type { RunFolder } from '../../training/run-folder.ts';
import { makeGallery } from './gallery.ts';
import { renderReport } from './page.ts';
import type { GalleryData, ReportData, RunData } from './report-data.ts';
import { type RunSource, readRunData } from './run-data.ts';

/** Images that are scored for the gallery of a finished run, and of one that somebody waits for to stop. */
export const galleryLimit = 200;
const stoppedLimit = 12;

/**
 * Writes the report of one run, or of several that were trained one from another (the last is the result).
 * @param valSet where the gallery's images come from; without it there is no gallery
 */
export async function writeRunReport(
  stages: readonly { name: string; run: RunFolder }[],
  file: string,
  valSet: Dataset | undefined,
): Promise<void> {
  const source = { name: stages.at(-1)!.name, stages };
  const data = await readReportData([source]);
  const limit = data.runs[0]!.stages.at(-1)!.finished ? galleryLimit : stoppedLimit;
  if (valSet) data.galleries = [await makeGallery([source], valSet, { limit }).catch(galleryWithout)];
  await writeFileAtomic(file, [renderReport(data)]);
}

/** What the files of runs say, without images: what can be had at any time, of runs that go on as well. */
export async function readReportData(sources: readonly RunSource[]): Promise<ReportData> {
  const runs = await Promise.all(sources.map(readRunData));
  return { title: titleOf(runs), generator: `fcn ${version}`, runs, galleries: [] };
}

export interface GalleryOptions {
  /** Images that are scored for it; 0: there is no gallery. */
  readonly limit: number;
  /** Told why there is no gallery. */
  readonly warn: (message: string) => void;
  readonly onProgress?: (done: number, total: number) => void;
}

/** The galleries of runs, from the data sets that they name: one for the runs that were validated on the same. */
export async function readGalleries(
  sources: readonly RunSource[],
  runs: readonly RunData[],
  { limit, warn, onProgress }: GalleryOptions,
): Promise<GalleryData[]> {
  if (limit === 0) return [];
  const groups = new Map<string, number[]>();
  for (const [i, { data, valSplit }] of runs.entries()) {
    const key = `${data} ${valSplit}`;
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  const galleries: GalleryData[] = [];
  for (const group of groups.values()) {
    const members = group.map((i) => sources[i]!);
    const { valSplit, config } = runs[group[0]!]!;
    const make = async () => {
      if (config.validateEvery === 0) throw inputError(`${members[0]!.name} has no validation split`);
      const dataset = await openDataset(
        locateData(await members[0]!.stages.at(-1)!.run.readConfig()),
        valSplit,
      );
      const total = Math.min(limit, dataset.ids.length);
      return makeGallery(members, dataset, { limit, onProgress: (done) => onProgress?.(done, total) });
    };
    const gallery = await make().catch((thrown) => {
      const without = galleryWithout(thrown);
      warn(without.note);
      return without;
    });
    galleries.push(gallery);
  }
  return galleries;
}

/** Images that are gone, or weights that are not there yet, cost the gallery but not the report. */
function galleryWithout(thrown: unknown): GalleryData {
  if (!(thrown instanceof FcnError)) throw thrown;
  return { note: `No images: ${thrown.message}`, runs: [], legend: [], groups: [] };
}

function titleOf(runs: readonly RunData[]): string {
  const [first] = runs;
  return runs.length === 1 ? `${first!.model} on ${first!.data}` : runs.map(({ name }) => name).join(' and ');
}
