import { writeFileAtomic } from '../files.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { formatMetrics } from '../metrics/table.ts';

/** Metrics on standard output, and as JSON in a file where one is asked for. */
export async function printMetrics(metrics: Metrics, jsonFile: string | undefined): Promise<void> {
  process.stdout.write(`${formatMetrics(metrics)}\n`);
  if (jsonFile) await writeJson(jsonFile, metrics);
}

export async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFileAtomic(file, [`${JSON.stringify(value, null, 2)}\n`]);
}
