import { Option } from 'commander';
import { inJson, isStandardOutput, writeOutput } from '../base/files.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import { formatMetrics } from '../inference/metrics/table.ts';

export function jsonOption(): Option {
  return new Option(
    '--json <FILE>',
    'write the result as JSON to a file, or with - to standard output instead of the text',
  );
}

/** Prints a result for people and writes it as JSON where `--json` says; with `-`, standard output has the JSON alone. */
export async function printResult(text: string, json: string | undefined, value: unknown): Promise<void> {
  if (json === undefined || !isStandardOutput(json)) process.stdout.write(`${text}\n`);
  if (json !== undefined) await writeOutput(json, [inJson(value)]);
}

export async function printMetrics(metrics: Metrics, json: string | undefined): Promise<void> {
  await printResult(formatMetrics(metrics), json, metrics);
}
