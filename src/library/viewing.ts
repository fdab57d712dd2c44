import * as z from 'zod';
import { inputError } from '../base/errors.ts';
import { writeOutput } from '../base/files.ts';
import type { LocalServer } from '../viewing/local-server.ts';
import { servePage as serve } from '../viewing/page/serve-page.ts';
import { renderReport } from '../viewing/report/page.ts';
import { galleryLimit, readGalleries, readReportData } from '../viewing/report/run-report.ts';
import { runSources } from '../viewing/report/run-sources.ts';
import { watchRun } from '../viewing/watch/watch-run.ts';
import { WatchedRun } from '../viewing/watch/watched-run.ts';
import { checkSettings } from './settings/check-settings.ts';
import * as common from './settings/common.ts';

export interface ReportSettings {
  /** Folders of runs, or of stages; several are shown side by side. */
  readonly runs: readonly string[];
  /** Default: `report.html`. */
  readonly out?: string;
  /** Validation images that are scored to find the best, the median and the worst; 0: none is shown. Default: 200. */
  readonly images?: number;
  /** Told why there are no images. */
  readonly onWarning?: (message: string) => void;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ServeSettings {
  /** Port on 127.0.0.1; 0: any. Default: 6116, or the first free one behind it. */
  readonly port?: number;
  /** Told once when the run cannot be asked for live predictions. */
  readonly onWarning?: (message: string) => void;
}

const onWarning = common.listener<(message: string) => void>();
const reportSchema = z.strictObject({
  runs: z.array(common.file).min(1, { error: 'expected at least one folder of a run' }),
  out: common.file.default('report.html'),
  images: z.int().min(0).default(galleryLimit),
  onWarning,
  onProgress: common.listener<(done: number, total: number) => void>(),
});
const serveSchema = z.strictObject({ port: z.int().min(0).max(65535).optional(), onWarning });

/**
 * Writes the report of a run, or of several side by side, as one HTML file.
 * @returns the file
 * @throws FcnError when a folder holds no run, or the file cannot be written.
 */
export async function writeReport(settings: ReportSettings): Promise<string> {
  const { runs, out, images, onWarning, onProgress } = checkSettings(reportSchema, settings, 'writeReport');
  const sources = await runSources(runs);
  const data = await readReportData(sources);
  const warn = (message: string) => onWarning?.(message);
  data.galleries = await readGalleries(sources, data.runs, { limit: images, warn, onProgress });
  await writeOutput(out, [renderReport(data)]);
  return out;
}

/**
 * Serves the report of a run on this machine, up to date for as long as the run goes on, as `fcn watch` does.
 * @throws FcnError when the folder holds no run, or the port is taken.
 */
export async function watch(folder: string, settings: ServeSettings = {}): Promise<LocalServer> {
  const { port, onWarning } = checkSettings(serveSchema, settings, 'watch');
  const run = new WatchedRun(checkSettings(common.file, folder, 'watch'));
  if (!run.exists()) throw inputError(`watch: got ${folder}, which has no run, expected the folder of a run`);
  await run.stages(); // files that are not a run's are told of now
  return watchRun(folder, { port, warn: (message) => onWarning?.(message) });
}

/**
 * Serves the page that segments and trains in the browser, on this machine, as `fcn web` does.
 * @throws FcnError when the page is not built, or the port is taken.
 */
export async function servePage(settings: Omit<ServeSettings, 'onWarning'> = {}): Promise<LocalServer> {
  return serve(checkSettings(serveSchema, settings, 'servePage').port);
}
