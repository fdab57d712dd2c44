import { Option } from 'commander';
import { writeJson } from '../base/files.ts';
import type { Metrics } from '../inference/metrics/metrics.ts';
import { formatMetrics } from '../inference/metrics/table.ts';

export function jsonOption(): Option {
  return new Option(
    '--json <FILE>',
    'write the result as JSON to a file, or to standard output in place of the text: -',
  );
}

/** Whether `--json -` has standard output for itself. */
export function isJsonOutput(json: string | undefined): boolean {
  return json === '-';
}

/** Prints a result for people and writes it as JSON where `--json` says; with `-`, standard output has the JSON alone. */
export async function printResult(text: string, json: string | undefined, value: unknown): Promise<void> {
  if (isJsonOutput(json)) {
    process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${text}\n`);
  if (json !== undefined) await writeJson(json, value);
}

export async function printMetrics(metrics: Metrics, json: string | undefined): Promise<void> {
  await printResult(formatMetrics(metrics), json, metrics);
}
