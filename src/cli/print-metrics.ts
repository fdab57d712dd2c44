import { writeJson } from '../base/files.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import { formatMetrics } from '../inference/metrics/table.ts';

/** Metrics as text, and as JSON in a file where one is asked for. */
export async function printMetrics(
  metrics: Metrics,
  jsonFile: string | undefined,
  text: NodeJS.WriteStream,
): Promise<void> {
  text.write(`${formatMetrics(metrics)}\n`);
  if (jsonFile) await writeJson(jsonFile, metrics);
}
