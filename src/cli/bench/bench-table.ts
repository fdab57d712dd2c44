import { type Finding, isMet, type Side } from './findings.ts';
import { isMeaningful, median, quantile, type Ratio, widestInterval } from './statistics.ts';

/** The findings for people, and how to read them. */
export function formatFindings(findings: readonly Finding[]): string {
  const header = ['', 'fcn', 'fastest other', 'ratio', 'at most', 'met'];
  const cells = findings.map((finding) => [
    finding.title,
    formatSide(finding.ours),
    finding.theirs ? `${formatSide(finding.theirs)} ${finding.theirs.name}` : '-',
    formatRatio(finding),
    finding.atMost?.toString() ?? '-',
    { true: 'yes', false: 'no', undefined: '-' }[`${isMet(finding)}`]!,
  ]);
  const table = [header, ...cells];
  const widths = header.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const lines = table.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  const hidden = findings.some(({ ratio }) => typeof ratio === 'object' && !isMeaningful(ratio));
  return [...lines, '', ...explanation, ...(hidden ? [advice] : [])].join('\n');
}

const explanation = [
  'Times are medians, with the first and third quartile. A ratio is that of the medians, with the 95 % interval of a',
  `bootstrap over rounds. It is left out if that interval is wider than ${100 * widestInterval} % of it.`,
  'ONNX Runtime and OpenVINO run the file of fcn export. PyTorch is in its best form: ReLU in place, gradients set to None,',
  'the better of two memory formats for each line (the default if none is named), and compiled if possible. Whole',
  'programs use the format that was faster for inference.',
];
const advice = 'open: run it again on a quieter machine, or --only that row with more --rounds.';

function formatSide({ unit, values }: Side): string {
  const value = median(values);
  if (unit === 'MB') return `${(value / 1024).toFixed(2)} GB`;
  if (unit === 'share') return `${(100 * value).toFixed(2)} %`;
  const [digits, divisor, name] = value >= 1000 ? ([2, 1000, 's'] as const) : ([0, 1, 'ms'] as const);
  const text = (ms: number) => (ms / divisor).toFixed(digits);
  const quartiles =
    values.length > 1 ? ` (${text(quantile(values, 0.25))}-${text(quantile(values, 0.75))})` : '';
  return `${text(value)} ${name}${quartiles}`;
}

function formatRatio({ ratio, ours }: Finding): string {
  if (ratio === undefined) return '-';
  if (typeof ratio === 'number') return ours.unit === 'share' ? '' : ratio.toFixed(2);
  const interval = formatInterval(ratio);
  return isMeaningful(ratio) ? `${ratio.value.toFixed(2)} (${interval})` : `open (${interval})`;
}

function formatInterval({ low, high }: Ratio): string {
  return `${low.toFixed(2)}-${high.toFixed(2)}`;
}
