import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { inputError } from '../../base/errors.ts';
import { makeFolder, writeFileAtomic } from '../../base/files.ts';
import { RunFolder } from '../../training/run-folder.ts';
import { StagedFolder } from '../../training/staged-folder.ts';
import { renderReport } from '../../viewing/report/page.ts';
import type { RunSource } from '../../viewing/report/run-data.ts';
import { galleryLimit, readGalleries, readReportData } from '../../viewing/report/run-report.ts';
import { isReport } from '../earlier-results.ts';
import { forceOption, wholeNumber } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { Progress } from '../progress.ts';
import { say } from '../say.ts';

export function reportCommand(): Command {
  return new Command('report')
    .description('Write the report of a run, or of several side by side, as one HTML file')
    .argument('<runs...>', 'folders of runs, or of stages; their data sets are where their config.json says')
    .option('--out <FILE>', 'the report', 'report.html')
    .option(
      '--images <N>',
      'validation images that are scored to find the best, the median and the worst; 0: show no images',
      wholeNumber(0),
      galleryLimit,
    )
    .addOption(forceOption())
    .action(writeReport);
}

interface ReportArguments {
  out: string;
  images: number;
  force?: true;
}

async function writeReport(folders: string[], given: ReportArguments): Promise<void> {
  const names = namesOf(folders);
  const sources: RunSource[] = [];
  for (const [i, folder] of folders.entries()) {
    sources.push({ name: names[i]!, stages: await stagesOf(folder) });
  }
  checkOutputs([{ option: '--out', file: given.out, isEarlier: isReport }], {
    inputs: { files: sources.flatMap(({ stages }) => stages.flatMap(({ run }) => filesRead(run))) },
    force: given.force,
  });
  const data = await readReportData(sources);
  let progress: Progress | undefined;
  const galleries = readGalleries(sources, data.runs, {
    limit: given.images,
    warn: say,
    onProgress(done, total) {
      if (done === 1) progress = new Progress('scoring', total, 'images');
      progress?.update(done);
    },
  });
  data.galleries = await galleries.finally(() => progress?.end());
  await makeFolder(path.dirname(path.resolve(given.out)));
  await writeFileAtomic(given.out, [renderReport(data)]);
  process.stdout.write(`report  ${pathToFileURL(given.out)}\n`);
}

/** Of a run; its own report is not read. */
function filesRead(run: RunFolder): string[] {
  return run.files.filter((file) => file !== run.report);
}

/** Of a folder of stages those that have begun. @throws FcnError when there is no run. */
async function stagesOf(folder: string): Promise<RunSource['stages']> {
  const staged = new StagedFolder(folder);
  if (staged.exists()) {
    const stages = await staged.stages();
    const begun = await Promise.all(stages.map(({ run }) => run.hasBegun()));
    return stages.filter((_, i) => i === 0 || begun[i]);
  }
  const run = new RunFolder(folder);
  if (!run.hasRun()) {
    throw inputError(
      `${folder}: got no config.json or stages.json in it, expected the folder of a run; name one that fcn train made with --out`,
    );
  }
  return [{ name: (await run.readConfig()).model.model, run }];
}

/** The last part of each path that tells it from the others; the path where none does. */
function namesOf(folders: readonly string[]): string[] {
  const short = folders.map((folder) => path.basename(path.resolve(folder)));
  return folders.map((folder, i) => {
    if (short.filter((name) => name === short[i]).length === 1) return short[i]!;
    if (folders.filter((other) => path.resolve(other) === path.resolve(folder)).length === 1) return folder;
    throw inputError(`${folder}: got it twice, expected different runs`);
  });
}
