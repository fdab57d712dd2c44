/** A curve; its points are joined in the order that they have. */
export interface Line {
  readonly name: string;
  readonly color: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly isDashed?: boolean;
}

/** A chart whose axes begin at 0. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly lines: readonly Line[];
}

const chartWidth = 232;
const chartHeight = 170;
const margin = { left: 40, right: 12, top: 24, bottom: 34 };
const header = 52;
const footer = 12;
const legendWidth = 640;

/** Charts in rows, under a title and a legend, as an SVG file. */
export function renderCharts(title: string, rows: readonly (readonly Chart[])[]): string {
  const width = Math.max(legendWidth, chartWidth * Math.max(...rows.map((row) => row.length)));
  const height = header + chartHeight * rows.length + footer;
  const placed = rows.flatMap((row, r) =>
    row.map((chart, c) => group(c * chartWidth, header + r * chartHeight, renderChart(chart))),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ' font-family="system-ui, sans-serif" font-size="11" fill="#333">',
    '<rect width="100%" height="100%" fill="#fff"/>',
    text(12, 20, title, 'font-size="14" font-weight="600"'),
    legend(rows.flat().flatMap(({ lines }) => lines)),
    ...placed,
    '</svg>\n',
  ].join('\n');
}

function renderChart({ title, xLabel, lines }: Chart): string {
  const points = lines.flatMap((line) => line.points);
  const [xTicks, yTicks] = [0, 1].map((axis) => ticksTo(Math.max(...points.map((point) => point[axis]!))));
  const isCount = points.every(([value]) => Number.isInteger(value));
  const [left, right] = [margin.left, chartWidth - margin.right];
  const [top, bottom] = [margin.top, chartHeight - margin.bottom];
  const x = (value: number) => rounded(left + ((right - left) * value) / xTicks!.at(-1)!);
  const y = (value: number) => rounded(bottom - ((bottom - top) * value) / yTicks!.at(-1)!);
  return [
    text(left, 14, title, 'font-weight="600"'),
    ...yTicks!.map((tick) => {
      const rule = `<path d="M${left} ${y(tick)}H${right}" stroke="#ddd"/>`;
      return rule + text(left - 5, y(tick) + 4, `${tick}`, 'text-anchor="end"');
    }),
    ...xTicks!
      .filter((tick) => !isCount || Number.isInteger(tick))
      .map((tick) => text(x(tick), bottom + 14, `${tick}`, 'text-anchor="middle"')),
    text((left + right) / 2, bottom + 28, xLabel, 'text-anchor="middle"'),
    ...lines.map(({ points: at, color, isDashed }) => {
      const path = at.map(([px, py]) => `${x(px)} ${y(py)}`).join('L');
      const dash = isDashed ? ' stroke-dasharray="4 3"' : '';
      const dots = isDashed
        ? []
        : at.map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="2.5" fill="${color}"/>`);
      return `<path d="M${path}" fill="none" stroke="${color}" stroke-width="1.5"${dash}/>${dots.join('')}`;
    }),
  ].join('\n');
}

function legend(lines: readonly Line[]): string {
  const byName = new Map(lines.map((line) => [line.name, line]));
  let left = 12;
  return [...byName.values()]
    .map(({ name, color, isDashed }) => {
      const dash = isDashed ? ' stroke-dasharray="4 3"' : '';
      const entry = `<path d="M${left} 36h22" stroke="${color}" stroke-width="2"${dash}/>${text(left + 28, 40, name)}`;
      left += 48 + 6.2 * name.length;
      return entry;
    })
    .join('\n');
}

/** At most six marks from 0 to no less than the greatest value, at steps of 1, 2 or 5 times a power of ten. */
export function ticksTo(greatest: number): number[] {
  const raw = (greatest > 0 ? greatest : 1) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw * (1 - 1e-9))!;
  const count = Math.ceil(greatest / step - 1e-9);
  return Array.from({ length: Math.max(1, count) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

function group(x: number, y: number, content: string): string {
  return `<g transform="translate(${x} ${y})">\n${content}\n</g>`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${rounded(x)}" y="${rounded(y)}" ${attributes}>${escaped}</text>`;
}

function rounded(value: number): number {
  return Math.round(10 * value) / 10;
}
