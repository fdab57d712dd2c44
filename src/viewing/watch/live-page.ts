import { renderReport } from '../report/page.ts';
import type { ReportData } from '../report/report-data.ts';
import type { LiveExample } from './live-folder.ts';
import { liveScript, liveStyle } from './live-script.ts';
import type { TrainerState } from './watched-run.ts';

/** All that a page is told at a time. */
export interface Update {
  readonly state: TrainerState;
  /** When the run last made an iteration or a validation, as Date.now() counts. */
  readonly lastSign?: number | undefined;
  /** The command that continues the run. */
  readonly resume: string;
  /** Number of the stage that the examples are from. */
  readonly stage: number;
  readonly examples: readonly LiveExample[];
  /** Whether the report that the trainer wrote at the end is there: it has images. */
  readonly hasReport: boolean;
  /** Undefined before the run has begun. */
  readonly report?: ReportData | undefined;
  /** Why the run cannot be read. */
  readonly problem?: string;
}

/** The page of a report that is brought up to date, or of one that is yet to come. */
export function livePage(report: ReportData | undefined): string {
  return report ? renderReport(report, { style: liveStyle, script: liveScript }) : waiting;
}

const waiting = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>fcn</title>
<link rel="icon" href="data:,">
<style>:root { color-scheme: light dark; } ${liveStyle}</style>
</head>
<body><script>${liveScript}</script></body>
</html>
`;
