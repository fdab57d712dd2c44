import type uPlotType from 'uplot';
import type { ReportData, RunData } from '../report-data.ts';
import type { Child, Elements } from './elements.ts';

/** Curves over the iterations, drawn with uPlot; read with the mouse or the arrow keys. */
export function createCharts(
  { element, percent, count, decimal, scientific }: Elements,
  uPlot: typeof uPlotType,
) {
  type Values = (number | null)[];
  interface Line {
    readonly label: string;
    readonly x: number[];
    readonly y: Values;
    /** A variable of the style sheet. */
    readonly color: string;
    readonly width: number;
    readonly dash?: number[];
    /** The dash in the legend. */
    readonly marker?: 'dashed' | 'dotted';
    readonly points?: boolean;
    readonly steps?: boolean;
    /** Only there as the ground of another line: not read out. */
    readonly faint?: boolean;
  }
  interface Chart {
    readonly name: string;
    readonly lines: Line[];
    readonly format: (value: number | null | undefined) => string;
    readonly logarithmic?: boolean;
    /** Fraction of 1: the axis begins at 0. */
    readonly fraction?: boolean;
  }

  let logarithmic = false;
  let drawn: { chart: Chart; place: HTMLElement; plot: uPlotType }[] = [];
  let data: ReportData | undefined;

  const styleOf = (variable: string) => getComputedStyle(document.documentElement).getPropertyValue(variable);
  // Iterations are whole: no ticks between them.
  const wholeSteps = Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat();
  const fontOf = (size: number) => `${size}px system-ui, sans-serif`;

  function lossLines(runs: readonly RunData[]): Line[] {
    return runs.flatMap(({ name, curves: { loss } }, i): Line[] => {
      const several = runs.length > 1;
      // A logarithmic scale has no place for zero.
      const drawable = (values: Values) =>
        values.map((value) => (logarithmic && value !== null && value <= 0 ? null : value));
      const color = `--run-${(i % 4) + 1}`;
      const [x, of] = [loss.iteration, several ? ` ${name}` : ''];
      return [
        { label: `loss${of}`, x, y: drawable(loss.loss), color: `${color}-faint`, width: 1, faint: true },
        { label: `${several ? name : 'smoothed'}`, x, y: drawable(loss.smoothed), color, width: 2 },
      ];
    });
  }

  function rateLines(runs: readonly RunData[]): Line[] {
    return runs.map(({ name, curves: { loss } }, i) => ({
      label: runs.length > 1 ? name : 'learning rate',
      ...{ x: loss.iteration, y: loss.learningRate, color: `--run-${(i % 4) + 1}`, width: 2, steps: true },
    }));
  }

  function validationLines(runs: readonly RunData[]): Line[] {
    if (runs.length > 1) {
      return runs.map(({ name, curves: { validation } }, i) => ({
        label: name,
        ...{ x: validation.iteration, y: validation.meanIoU, color: `--run-${(i % 4) + 1}` },
        ...{ width: 2, points: true },
      }));
    }
    const { validation } = runs[0]!.curves;
    const line = (
      label: string,
      y: number[],
      color: string,
      width: number,
      marker?: Line['marker'],
    ): Line => ({
      ...{ label, x: validation.iteration, y, color, width, points: validation.iteration.length < 40 },
      ...(marker && { marker, dash: marker === 'dashed' ? [6, 4] : [2, 3] }),
    });
    return [
      line('mean IoU', validation.meanIoU, '--run-1', 2.5),
      line('pixel accuracy', validation.pixelAccuracy, '--quiet-1', 1.5),
      line('mean accuracy', validation.meanAccuracy, '--quiet-2', 1.5, 'dashed'),
      line('fw IoU', validation.fwIoU, '--quiet-2', 1.5, 'dotted'),
    ];
  }

  function draw(chart: Chart, place: HTMLElement): uPlotType {
    const { lines, format } = chart;
    const runs = data!.runs;
    const joined = uPlot.join(lines.map(({ x, y }) => [x, y] as uPlotType.AlignedData));
    const end = Math.max(1, ...runs.map(({ curves }) => curves.end));
    const grid = { stroke: styleOf('--line'), width: 1 };
    const axis = { stroke: styleOf('--muted'), font: fontOf(12), grid, ticks: { ...grid, size: 4 } };
    const [first, last] = [joined[0].at(0)!, joined[0].at(-1)!];
    // Not zoomed: the whole run, so that the charts can be compared.
    const range = (_: uPlotType, min: number, max: number): [number, number] => [
      min <= first ? 0 : min,
      max >= last ? end : max,
    ];
    const y: uPlotType.Scale = chart.logarithmic
      ? { distr: 3 }
      : chart.fraction
        ? { range: (_, __, max) => [0, Math.min(1, Math.max(0.1, max * 1.08))] }
        : { range: (_, min, max) => [Math.min(0, min), max > 0 ? max * 1.08 : 1] };
    const plot = new uPlot(
      {
        width: Math.max(200, place.clientWidth),
        height: place.clientWidth < 480 ? 220 : 280,
        scales: { x: { time: false, range }, y },
        axes: [
          { ...axis, incrs: wholeSteps, values: (_, ticks) => ticks.map(count), size: 32 },
          {
            ...axis,
            values: (_, ticks) =>
              ticks.map((tick) =>
                tick == null ? '' : chart.fraction ? `${Number((tick * 100).toFixed(2))} %` : format(tick),
              ),
            size: (_, labels) => 18 + 7 * Math.max(3, ...(labels ?? []).map(({ length }) => length)),
          },
        ],
        cursor: { points: { size: 7 } },
        legend: {
          markers: { width: 3, fill: () => 'transparent', dash: (_, i) => lines[i - 1]?.marker ?? 'solid' },
        },
        series: [
          { label: 'iteration', value: (_, value) => (value == null ? '–' : count(value)) },
          ...lines.map(({ label, color, width, dash, points, steps }) => ({
            ...{ label, width, stroke: styleOf(color), spanGaps: true },
            ...(dash && { dash }),
            ...(steps && { paths: uPlot.paths.stepped!({ align: 1 }) }),
            points: { show: points ?? false, size: 5, fill: styleOf(color) },
            value: (_: uPlotType, value: number | null) => format(value),
          })),
        ],
        hooks: { draw: [markStages] },
      },
      joined,
      place,
    );
    return plot;
  }

  /** A dashed line and a name where each stage begins. */
  function markStages({ ctx, bbox, valToPos }: uPlotType): void {
    const { stages } = data!.runs[0]!.curves;
    if (stages.length < 2 || data!.runs.length > 1) return;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = styleOf('--muted');
    ctx.font = fontOf(12 * devicePixelRatio);
    ctx.textAlign = 'left';
    ctx.textBaseline = 'top';
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const { name, start } of stages) {
      const x = valToPos(start, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue; // zoomed out of sight
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.fillText(name, x + 5 * devicePixelRatio, bbox.top);
    }
    ctx.restore();
  }

  /** What somebody who does not see the curves should know of them. */
  function summary({ name, lines, format }: Chart): string {
    const parts = lines
      .filter(({ faint }) => !faint)
      .map(({ label, y }) => {
        const known = y.filter((value) => value !== null);
        return `${label} from ${format(known.at(0))} to ${format(known.at(-1))}`;
      });
    return `${name}: ${parts.join('; ')}. Arrow keys read single iterations.`;
  }

  /** The arrow keys move the cursor of a chart; what it is at is said. */
  function makeReadable(place: HTMLElement, chart: Chart, said: HTMLElement, plotOf: () => uPlotType): void {
    let at = -1;
    place.addEventListener('keydown', (event) => {
      const plot = plotOf();
      const last = plot.data[0].length - 1;
      const step = event.shiftKey ? Math.max(1, Math.round(last / 20)) : 1;
      const next = {
        ArrowLeft: (at < 0 ? last + 1 : at) - step,
        ArrowRight: at + step,
        Home: 0,
        End: last,
      }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      at = Math.min(Math.max(next, 0), last);
      const left = plot.valToPos(plot.data[0][at]!, 'x');
      plot.setCursor({ left, top: plot.bbox.height / devicePixelRatio / 2 });
      const values = chart.lines.flatMap(({ label, faint }, i) => {
        const value = plot.data[i + 1]![at];
        return faint || value == null ? [] : [`${label} ${chart.format(value)}`];
      });
      said.textContent = `iteration ${count(plot.data[0][at]!)}: ${values.join(', ') || 'no value'}`;
    });
  }

  function place(chart: Chart): HTMLElement {
    const holder = element('div', {
      class: 'chart',
      tabindex: '0',
      role: 'group',
      'aria-roledescription': 'chart',
      'aria-label': summary(chart),
    });
    const said = element('div', { class: 'hidden', 'aria-live': 'polite' });
    const entry = { chart, place: holder, plot: undefined as unknown as uPlotType };
    drawn.push(entry);
    makeReadable(holder, chart, said, () => entry.plot);
    return element('div', {}, holder, said);
  }

  /** Draws all charts anew: they have other colors, or another width. */
  function redraw(): void {
    for (const entry of drawn) {
      entry.plot?.destroy();
      entry.plot = draw(entry.chart, entry.place);
    }
  }

  function logarithmicSwitch(change: () => void): HTMLElement {
    const box = element('input', { type: 'checkbox', id: 'logarithmic' }) as HTMLInputElement;
    box.checked = logarithmic;
    box.addEventListener('change', () => {
      logarithmic = box.checked;
      change();
      document.getElementById('logarithmic')?.focus();
    });
    return element('label', { class: 'switch' }, box, ' logarithmic');
  }

  function validationTable(runs: readonly RunData[]): HTMLElement {
    const names = ['Iteration', 'Mean IoU', 'Pixel accuracy', 'Mean accuracy', 'Frequency weighted IoU'];
    return element(
      'details',
      {},
      element('summary', {}, 'As numbers'),
      runs.map(({ name, curves: { validation } }) =>
        element(
          'div',
          { class: 'wide', tabindex: '0', role: 'region', 'aria-label': `Validations of ${name}` },
          element(
            'table',
            {},
            runs.length > 1 && element('caption', {}, name),
            element(
              'thead',
              {},
              element(
                'tr',
                {},
                names.map((text) => element('th', { scope: 'col', class: 'number' }, text)),
              ),
            ),
            element(
              'tbody',
              {},
              validation.iteration.map((iteration, i) =>
                element(
                  'tr',
                  {},
                  element('th', { scope: 'row', class: 'number' }, count(iteration)),
                  [
                    validation.meanIoU,
                    validation.pixelAccuracy,
                    validation.meanAccuracy,
                    validation.fwIoU,
                  ].map((values) => element('td', { class: 'number' }, percent(values[i], 2))),
                ),
              ),
            ),
          ),
        ),
      ),
    );
  }

  /** @param again draws the section anew */
  function curves(report: ReportData, again: () => void): Child[] {
    for (const { plot } of drawn) plot?.destroy();
    drawn = [];
    data = report;
    const { runs } = report;
    const hasLoss = runs.some(({ curves: { loss } }) => loss.iteration.length > 0);
    const hasValidation = runs.some(({ curves: { validation } }) => validation.iteration.length > 0);
    const loss = () => ({ name: 'Loss', lines: lossLines(runs), format: decimal, logarithmic });
    const rate = () => ({ name: 'Learning rate', lines: rateLines(runs), format: scientific });
    const validation = () => ({
      name: runs.length > 1 ? 'Mean IoU on the validation split' : 'Scores on the validation split',
      ...{ lines: validationLines(runs), format: percent, fraction: true },
    });
    return [
      hasLoss && [
        element('div', { class: 'heading' }, element('h3', {}, 'Loss'), logarithmicSwitch(again)),
        place(loss()),
      ],
      hasValidation && [element('h3', {}, validation().name), place(validation()), validationTable(runs)],
      hasLoss && [element('h3', {}, 'Learning rate'), place(rate())],
    ];
  }

  return { curves, redraw };
}
