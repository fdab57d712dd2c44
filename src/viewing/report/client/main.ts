import type uPlotType from 'uplot';
import type { HeadView, ReportData } from '../report-data.ts';
import type { createChartLines } from './chart-lines.ts';
import type { createChartReading } from './chart-reading.ts';
import type { createCharts } from './charts.ts';
import type { createClassTable } from './classes.ts';
import type { createConfusion } from './confusion.ts';
import type { Child, createElements } from './elements.ts';
import type { createGallery } from './gallery.ts';
import type { createOverview } from './overview.ts';
import type { createPlots } from './plots.ts';
import type { createSettings } from './settings.ts';
import type { createValidationTable } from './validation-table.ts';

/** The functions that make the parts of the page. */
export interface Parts {
  readonly createElements: typeof createElements;
  readonly createOverview: typeof createOverview;
  readonly createChartLines: typeof createChartLines;
  readonly createPlots: typeof createPlots;
  readonly createChartReading: typeof createChartReading;
  readonly createValidationTable: typeof createValidationTable;
  readonly createCharts: typeof createCharts;
  readonly createClassTable: typeof createClassTable;
  readonly createConfusion: typeof createConfusion;
  readonly createGallery: typeof createGallery;
  readonly createSettings: typeof createSettings;
}

/** Draws the page from the data in #report-data, and again when `window.fcnReport.update` is given newer data. */
export function startReport(parts: Parts, uPlot: typeof uPlotType): void {
  const elements = parts.createElements();
  const { element } = elements;
  const overview = parts.createOverview(elements);
  const charts = parts.createCharts(elements, {
    lines: parts.createChartLines(elements),
    plots: parts.createPlots(elements, uPlot),
    reading: parts.createChartReading(elements),
    validationTable: parts.createValidationTable(elements),
  });
  const classTables = new Map<string, ReturnType<typeof parts.createClassTable>>();
  const confusion = parts.createConfusion(elements);
  const gallery = parts.createGallery(elements);
  const settings = parts.createSettings(elements);

  const main = document.querySelector('main')!;
  const navigation = document.querySelector('nav')!;
  const heading = document.querySelector('h1')!;
  /** By the id of the section: what it was drawn from. */
  const drawnFrom = new Map<string, string>();
  const colorOf = (run: number) => `var(--run-${(run % 4) + 1})`;

  /** The report as it is for each head of the networks alone; where they have one, as it is. */
  function viewsOf(data: ReportData): HeadView[] {
    const names = [...new Set(data.runs.flatMap(({ heads = [] }) => heads.map(({ name }) => name)))];
    if (names.length === 0) return [{ name: '', data }];
    const none = { iteration: [], meanIoU: [], meanAccuracy: [], pixelAccuracy: [], fwIoU: [] };
    return names.map((name, i) => {
      const runs = data.runs.map((run) => {
        if (i === 0 && !run.heads) return run;
        const head = run.heads?.find((each) => each.name === name);
        const { classes, metrics, validation } = head ?? { classes: [], metrics: null, validation: none };
        return { ...run, classes, metrics, curves: { ...run.curves, validation } };
      });
      return { name, data: { ...data, runs } };
    });
  }

  /** A section of each head, under its name where there are several. */
  function ofEach(views: readonly HeadView[], make: (view: HeadView, number: number) => Child[]): Child[] {
    return views.map((view, number) => {
      const made = make(view, number);
      return views.length > 1 && made.length > 0 ? [element('h3', {}, view.name), made] : made;
    });
  }

  function classTableOf(name: string, number: number) {
    const table = classTables.get(name) ?? parts.createClassTable(elements, number);
    classTables.set(name, table);
    return table;
  }

  function show(id: string, name: string, source: unknown, make: () => Child[]): void {
    // A section that has not changed keeps its focus, its scroll position and what is selected in it.
    const from = JSON.stringify(source);
    if (drawnFrom.get(id) === from) return;
    drawnFrom.set(id, from);
    const section = document.getElementById(id)!;
    const focused = section.contains(document.activeElement) ? document.activeElement!.id : '';
    const open = [...section.querySelectorAll('details')].map((details) => details.open);
    const content = make();
    section.replaceChildren(element('h2', {}, name), ...element('div', {}, content).childNodes);
    section.hidden = section.childElementCount === 1;
    for (const [i, details] of section.querySelectorAll('details').entries()) details.open = open[i] ?? false;
    if (focused) document.getElementById(focused)?.focus();
  }

  function update(data: ReportData): void {
    const { runs, galleries } = data;
    const views = viewsOf(data);
    document.title = data.title;
    heading.textContent = data.title;
    const scores = runs.map(({ name, classes, metrics, heads }) => ({ name, classes, metrics, heads }));
    const curves = runs.map((run) => [run.name, run.curves, run.heads?.map(({ validation }) => validation)]);
    const drawCurves = () => {
      drawnFrom.delete('curves');
      showCurves();
    };
    const showCurves = () => {
      show('curves', 'Curves', curves, () => charts.section(data, views, drawCurves));
      charts.redraw();
    };
    const facts = runs.map(({ curves: _, ...facts }) => facts);
    show('overview', runs.length > 1 ? 'Side by side' : 'Result', facts, () =>
      overview(data, colorOf, views),
    );
    if (drawnFrom.get('curves') !== JSON.stringify(curves)) showCurves();
    show('classes', 'Classes', scores, () =>
      ofEach(views, (view, number) => classTableOf(view.name, number)(view.data, colorOf)),
    );
    show('confusion', 'Confusion', scores, () => ofEach(views, (view) => confusion(view.data)));
    show('gallery', 'Images', galleries, () => gallery(data));
    const repeat = runs.map(({ name, command, config }) => ({ name, command, config }));
    show('repeat', 'To repeat it', repeat, () => settings(data));
    const shown = [...main.querySelectorAll<HTMLElement>(':scope > section')].filter(({ hidden }) => !hidden);
    navigation.replaceChildren(
      ...shown.map((section) =>
        element('a', { href: `#${section.id}` }, section.querySelector('h2')!.textContent),
      ),
    );
  }

  update(JSON.parse(document.getElementById('report-data')!.textContent!));
  Object.assign(window, { fcnReport: { update } });

  // Charts are pictures: other colors and other widths need new ones.
  for (const query of ['(prefers-color-scheme: dark)', 'print'])
    matchMedia(query).addEventListener('change', () => charts.redraw());
  addEventListener('beforeprint', () => charts.redraw());
  let width = innerWidth;
  addEventListener('resize', () => {
    // Phones report a resize when their tool bar moves.
    if (width !== innerWidth) charts.redraw();
    width = innerWidth;
  });
}
