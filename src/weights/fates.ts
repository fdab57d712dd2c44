/** What became of a parameter of a network, or ('dropped') of a tensor that only the file has. */
export interface ParameterFate {
  readonly name: string;
  readonly fate: 'copied' | 'reshaped' | 'rescaled' | 'expanded' | 'initialized' | 'dropped';
  readonly reason: string;
}

/** Why a tensor is copied, mostly. */
export const sameName = 'same name and shape';

/**
 * Fates as a few lines: `copied 30: conv1_1 ... fc7`. Counts are of tensors, names of layers; more than three in a row
 * are a range.
 */
export function formatFates(fates: readonly ParameterFate[]): string {
  const lines = new Map<string, { fate: string; reason: string; tensors: number; runs: string[][] }>();
  let previous: string | undefined;
  for (const { name, fate, reason } of fates) {
    const key = `${fate} (${reason})`;
    const line = lines.get(key) ?? { fate, reason, tensors: 0, runs: [] };
    lines.set(key, line);
    if (previous !== key) line.runs.push([]);
    const run = line.runs.at(-1)!;
    const layer = name.replace(/\.(weight|bias|running_mean|running_var)$/, '');
    if (run.at(-1) !== layer) run.push(layer);
    line.tensors += 1;
    previous = key;
  }
  const formatRun = (run: string[]) => (run.length > 3 ? `${run[0]} ... ${run.at(-1)}` : run.join(', '));
  return [...lines.values()]
    .map(({ fate, reason, tensors, runs }) => {
      const note = reason === sameName ? '' : ` (${reason})`;
      return `${fate} ${tensors}: ${runs.map(formatRun).join(', ')}${note}`;
    })
    .join('\n');
}
