import { pathToFileURL } from 'node:url';
import { inShell } from '../base/shell.ts';
import { formatMetrics } from '../inference/metrics/table.ts';
import type { Choice } from '../training/finetune.ts';
import { type FinetuneSettings, finetuneSettings } from '../training/finetune-settings.ts';
import type { RunSettings } from '../training/prepare.ts';
import type { RunFolder } from '../training/run-folder.ts';
import { say } from './say.ts';

/** Chooses what was left open, and says what and why on standard error, a line for each setting. */
export async function chooseSettings(asked: FinetuneSettings): Promise<RunSettings> {
  say('finetune: looking at the data, measuring this machine');
  const { settings, choices } = await finetuneSettings(asked);
  say(choiceLines(choices).join('\n'));
  return settings;
}

/** Setting, value and reason below each other. */
export function choiceLines(choices: readonly Choice[]): string[] {
  const widest = (key: 'setting' | 'value') => Math.max(...choices.map((choice) => choice[key].length));
  const [settings, values] = [widest('setting'), widest('value')];
  return choices.map(
    ({ setting, value, reason }) => `  ${setting.padEnd(settings)}  ${value.padEnd(values)}  ${reason}`,
  );
}

/** How good the network is, where all is, and how to use it. */
export async function printOutcome(run: RunFolder): Promise<void> {
  const metrics = await run.readBestMetrics();
  const { valSize } = await run.readConfig();
  const size = valSize.mode === 'resize' ? ` --resize ${valSize.height}x${valSize.width}` : '';
  if (metrics) process.stdout.write(`${formatMetrics(metrics)}\n\n`);
  process.stdout.write(
    `report   ${pathToFileURL(run.report)}\n` +
      `weights  ${run.best}\n` +
      `predict  fcn predict --weights ${inShell(run.best)}${size} --out predictions PHOTO\n`,
  );
}
