import type { HeadView, ReportData, RunData } from '../report-data.ts';
import type { Child, Elements } from './elements.ts';

/** What was trained, on what, how long, how fast, and what came of it. */
export function createOverview({ element, percent, count, decimal, scientific, duration }: Elements) {
  const metrics = [
    ['meanIoU', 'Mean IoU'],
    ['pixelAccuracy', 'Pixel accuracy'],
    ['meanAccuracy', 'Mean accuracy'],
    ['fwIoU', 'Frequency weighted IoU'],
  ] as const;

  /** The four metrics, large. */
  function cards({ metrics: scores }: RunData): HTMLElement | null {
    if (!scores) return null;
    return element(
      'dl',
      { class: 'cards' },
      metrics.map(([key, name]) =>
        element('div', {}, element('dt', {}, name), element('dd', {}, percent(scores[key]))),
      ),
    );
  }

  /** `21 classes`, or `33 semantic and 3 geometric classes`. */
  function headsOf({ classes, heads }: RunData): string {
    if (!heads) return `${classes.length} classes`;
    return `${heads.map(({ name, classes: own }) => `${own.length} ${name}`).join(' and ')} classes`;
  }

  function factsOf(run: RunData): [string, string][] {
    const last = run.stages.at(-1)!;
    const sum = (value: (stage: RunData['stages'][number]) => number) =>
      run.stages.reduce((total, stage) => total + value(stage), 0);
    const [iterations, planned, seconds] = [
      sum((stage) => stage.iterations),
      sum((stage) => stage.plannedIterations),
      sum((stage) => stage.seconds),
    ];
    const memory = Math.max(...run.stages.map((stage) => stage.peakMemoryBytes ?? 0));
    const rates = run.stages.flatMap((stage) => stage.learningRates);
    const images = (n: number) => `${count(n)} ${n === 1 ? 'image' : 'images'}`;
    const trained = run.trainImages === null ? '' : `, ${images(run.trainImages)}`;
    const scored = run.metrics ? `, ${images(run.metrics.images)}, ${count(run.metrics.pixels)} pixels` : '';
    const complete = run.stages.every((stage) => stage.iterations >= stage.plannedIterations);
    const ended = run.stages.every((stage) => stage.finished || stage.iterations >= stage.plannedIterations);
    const state = ended
      ? 'ended early: mean IoU no longer improved'
      : 'stopped before its end, or still running';
    const { objective = 'ce', hardPixels = 1 } = run.config as { objective?: string; hardPixels?: number };
    const mined = hardPixels < 1 ? `, the hardest ${percent(hardPixels)} of the pixels` : '';
    const model = run.config.model as { width?: number } | undefined;
    const width = model?.width === undefined || model.width === 1 ? '' : `, width ${decimal(model.width)}`;
    return [
      ['Network', `${run.model}${width}, ${headsOf(run)}`],
      ['Data', run.data],
      ['Trained on', `${run.trainSplit}${trained}`],
      ['Validated on', `${run.valSplit || '–'}${scored}`],
      ['Iterations', `${count(iterations)}${complete ? '' : ` of ${count(planned)}`}`],
      ['Epochs', run.stages.map((stage) => count(stage.epoch)).join(' + ')],
      ['Objective', `${objective}${mined}`],
      ['Learning rate', [...new Set(rates)].map(scientific).join(' → ') || '–'],
      [
        'Best mean IoU',
        last.best ? `${percent(last.best.meanIoU)} at iteration ${count(last.best.iteration)}` : '–',
      ],
      ['Time', duration(seconds)],
      [
        'Speed',
        seconds > 0 ? `${decimal(sum((s) => s.images) / seconds)} images/s, validation included` : '–',
      ],
      ['Peak memory', memory > 0 ? `${(memory / 2 ** 30).toFixed(2)} GiB` : '–'],
      ['State', complete ? 'finished' : state],
    ];
  }

  function facts(run: RunData): HTMLElement {
    return element(
      'dl',
      { class: 'facts' },
      factsOf(run).map(([name, value]) =>
        element('div', {}, element('dt', {}, name), element('dd', {}, value)),
      ),
    );
  }

  /** A column a run; the best of each metric stands out. */
  function comparison(
    runs: readonly RunData[],
    colorOf: (run: number) => string,
    views: readonly HeadView[],
  ): HTMLElement {
    const header = (name: string) => element('th', { scope: 'row' }, name);
    const rows = views.flatMap((view) => metrics.map(([key, name]) => ({ view, key, name })));
    const scores = rows.map(({ view, key, name }) => {
      const values = view.data.runs.map((run) => run.metrics?.[key] ?? null);
      const best = Math.max(...values.map((value) => value ?? Number.NEGATIVE_INFINITY));
      return element(
        'tr',
        {},
        header(views.length > 1 ? `${name}, ${view.name}` : name),
        values.map((value) => {
          const text = percent(value);
          const isBest = value !== null && value === best && runs.length > 1;
          return element('td', { class: 'score' }, isBest ? element('strong', {}, text) : text);
        }),
      );
    });
    const columns = runs.map(factsOf);
    const facts = columns[0]!.map(([name], row) =>
      element(
        'tr',
        {},
        header(name),
        columns.map((column) => element('td', {}, column[row]![1])),
      ),
    );
    return element(
      'div',
      { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Runs side by side' },
      element(
        'table',
        { class: 'comparison' },
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            element('td'),
            runs.map(({ name }, i) =>
              element(
                'th',
                { scope: 'col' },
                element('span', { class: 'dot', style: `background: ${colorOf(i)}` }),
                name,
              ),
            ),
          ),
        ),
        element('tbody', {}, scores, facts),
      ),
    );
  }

  /** A row a stage, where there is more than one. */
  function stageTable(run: RunData, showsName: boolean): HTMLElement | null {
    if (run.stages.length < 2) return null;
    const names = ['Stage', 'Iterations', 'Learning rate', 'Best mean IoU', 'Time'];
    return element(
      'div',
      { class: 'wide', tabindex: '0', role: 'region', 'aria-label': `Stages of ${run.name}` },
      element(
        'table',
        {},
        element(
          'caption',
          {},
          showsName ? `Stages of ${run.name}` : 'Stages, each from the best weights of the one before',
        ),
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            names.map((name, i) => element('th', { scope: 'col', class: i > 0 && 'number' }, name)),
          ),
        ),
        element(
          'tbody',
          {},
          run.stages.map((stage) =>
            element(
              'tr',
              {},
              element('th', { scope: 'row' }, stage.name),
              element('td', { class: 'number' }, count(stage.iterations)),
              element('td', { class: 'number' }, stage.learningRates.map(scientific).join(' → ')),
              element('td', { class: 'number' }, percent(stage.best?.meanIoU)),
              element('td', { class: 'number' }, duration(stage.seconds)),
            ),
          ),
        ),
      ),
    );
  }

  return function overview(
    { runs }: ReportData,
    colorOf: (run: number) => string,
    views: readonly HeadView[],
  ): Child[] {
    const single = runs.length === 1 ? runs[0]! : null;
    const ofHeads = views.map(({ name, data }) => {
      const own = cards(data.runs[0]!);
      return views.length > 1 && own ? [element('h3', {}, name), own] : own;
    });
    return [
      ...(single ? [ofHeads, facts(single)] : [comparison(runs, colorOf, views)]),
      ...runs.map((run) => stageTable(run, single === null)),
    ];
  };
}
