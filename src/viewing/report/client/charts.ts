import type uPlotType from 'uplot';
import type { HeadView, ReportData, RunData } from '../report-data.ts';
import type { Chart, createChartLines } from './chart-lines.ts';
import type { createChartReading } from './chart-reading.ts';
import type { Child, Elements } from './elements.ts';
import type { createPlots } from './plots.ts';
import type { createValidationTable } from './validation-table.ts';

/** What charts are made of. */
export interface ChartParts {
  readonly lines: ReturnType<typeof createChartLines>;
  readonly plots: ReturnType<typeof createPlots>;
  readonly reading: ReturnType<typeof createChartReading>;
  readonly validationTable: ReturnType<typeof createValidationTable>;
}

/** The section of the curves over the iterations; they are read with the mouse or the arrow keys. */
export function createCharts({ element }: Elements, { lines, plots, reading, validationTable }: ChartParts) {
  let logarithmic = false;
  let drawn: { chart: Chart; runs: readonly RunData[]; place: HTMLElement; plot: uPlotType }[] = [];

  function place(chart: Chart, runs: readonly RunData[]): HTMLElement {
    const holder = element('div', {
      class: 'chart',
      tabindex: '0',
      role: 'group',
      'aria-roledescription': 'chart',
      'aria-label': reading.summary(chart),
    });
    const said = element('div', { class: 'hidden', 'aria-live': 'polite' });
    const entry = { chart, runs, place: holder, plot: undefined as unknown as uPlotType };
    drawn.push(entry);
    reading.readWithKeys(holder, chart, said, () => entry.plot);
    return element('div', {}, holder, said);
  }

  /** Draws all charts anew: they have other colors, or another width. */
  function redraw(): void {
    for (const entry of drawn) {
      entry.plot?.destroy();
      entry.plot = plots.draw(entry.chart, entry.runs, entry.place);
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

  /** @param again draws the section anew */
  function section({ runs }: ReportData, views: readonly HeadView[], again: () => void): Child[] {
    for (const { plot } of drawn) plot?.destroy();
    drawn = [];
    const hasLoss = runs.some(({ curves: { loss } }) => loss.iteration.length > 0);
    const hasValidation = runs.some(({ curves: { validation } }) => validation.iteration.length > 0);
    return [
      hasLoss && [
        element('div', { class: 'heading' }, element('h3', {}, 'Loss'), logarithmicSwitch(again)),
        place(lines.loss(runs, logarithmic), runs),
      ],
      hasValidation &&
        views.map(({ name, data: { runs: ofHead } }) => {
          const chart = lines.validation(ofHead);
          return [
            element('h3', {}, views.length > 1 ? `${chart.name}: ${name}` : chart.name),
            place(chart, ofHead),
            validationTable(ofHead),
          ];
        }),
      hasLoss && [element('h3', {}, 'Learning rate'), place(lines.learningRate(runs), runs)],
    ];
  }

  return { section, redraw };
}
