import { writeJson } from '../base/files.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import { formatMetrics } from '../inference/metrics/table.ts';

/** Metrics on standard output, and as JSON in a file where one is asked for. */
export async function printMetrics(metrics: Metrics, jsonFile: string | undefined): Promise<void> {
  process.stdout.write(`${formatMetrics(metrics)}\n`);
  if (jsonFile) await writeJson(jsonFile, metrics);
}
