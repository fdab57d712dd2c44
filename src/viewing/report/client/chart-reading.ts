import type uPlotType from 'uplot';
import type { Chart } from './chart-lines.ts';
import type { Elements } from './elements.ts';

/** Charts for those who do not see them, or have no mouse. */
export function createChartReading({ count }: Elements) {
  /** What somebody who does not see the curves should know of them. */
  function summary({ name, lines, format }: Chart): string {
    const parts = lines
      .filter(({ faint }) => !faint)
      .map(({ label, y }) => {
        const known = y.filter((value) => value !== null);
        return `${label} from ${format(known.at(0))} to ${format(known.at(-1))}`;
      });
    return `${name}: ${parts.join('; ')}. Use the arrow keys to read single iterations.`;
  }

  /** The arrow keys move the cursor of a chart; what it is at is said. */
  function readWithKeys(place: HTMLElement, chart: Chart, said: HTMLElement, plotOf: () => uPlotType): void {
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

  return { summary, readWithKeys };
}
