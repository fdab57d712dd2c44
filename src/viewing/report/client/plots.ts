import type uPlotType from 'uplot';
import type { RunData } from '../report-data.ts';
import type { Chart } from './chart-lines.ts';
import type { Elements } from './elements.ts';

/** Draws charts with uPlot. */
export function createPlots({ count }: Elements, uPlot: typeof uPlotType) {
  const styleOf = (variable: string) => getComputedStyle(document.documentElement).getPropertyValue(variable);
  // Iterations are whole: no ticks between them.
  const wholeSteps = Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat();
  const fontOf = (size: number) => `${size}px system-ui, sans-serif`;

  function draw(chart: Chart, runs: readonly RunData[], place: HTMLElement): uPlotType {
    const { lines, format } = chart;
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
    return new uPlot(
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
        hooks: { draw: [(plot) => markStages(plot, runs)] },
      },
      joined,
      place,
    );
  }

  /** A dashed line and a name where each stage begins. */
  function markStages({ ctx, bbox, valToPos }: uPlotType, runs: readonly RunData[]): void {
    const { stages } = runs[0]!.curves;
    if (stages.length < 2 || runs.length > 1) return;
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

  return { draw };
}
