import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { writeOutput } from '../../base/files.ts';
import type { RunFolder } from '../../training/run-folder.ts';
import { renderReport } from '../../viewing/report/page.ts';
import { galleryLimit, readGalleries, readReportData } from '../../viewing/report/run-report.ts';
import { runSources } from '../../viewing/report/run-sources.ts';
import { isReport } from '../earlier-results.ts';
import { forceOption, wholeNumber } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { Progress } from '../progress.ts';
import { say } from '../say.ts';

export function reportCommand(): Command {
  return new Command('report')
    .description('Write the report of one run, or of several side by side, as a single HTML file')
    .argument('<runs...>', 'folders of runs or stages; their data sets must be where their config.json says')
    .option('--out <FILE>', 'file to write', 'report.html')
    .option(
      '--images <N>',
      'validation images to score, to show the best, the median and the worst; 0: show no images',
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
  const sources = await runSources(folders);
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
  await writeOutput(given.out, [renderReport(data)]);
  process.stdout.write(`report  ${pathToFileURL(given.out)}\n`);
}

/** Of a run; its own report is not read. */
function filesRead(run: RunFolder): string[] {
  return run.files.filter((file) => file !== run.report);
}
