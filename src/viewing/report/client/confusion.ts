import type { ReportData, RunData } from '../report-data.ts';
import type { Child, Elements } from './elements.ts';

/** Confusion matrices as heat maps that are tables: what a color stands for is said on hover, focus and by screen readers. */
export function createConfusion({ element, swatch, percent, count }: Elements) {
  /** More classes than this cannot be told apart: those with the most pixels are shown. */
  const maxClasses = 60;

  interface Cell {
    readonly truth: string;
    readonly predicted: string;
    readonly pixels: number;
    /** Of the true pixels of the class. */
    readonly share: number;
  }

  /** The classes that occur, in truth or prediction; of many those with the most pixels. */
  function shownClasses(matrix: readonly number[][]): number[] {
    const sizes = matrix.map((row, i) => ({
      i,
      pixels: row.reduce((a, b) => a + b, 0),
      predicted: matrix.reduce((sum, other) => sum + other[i]!, 0),
    }));
    return sizes
      .filter(({ pixels, predicted }) => pixels + predicted > 0)
      .sort((a, b) => b.pixels - a.pixels)
      .slice(0, maxClasses)
      .map(({ i }) => i)
      .sort((a, b) => a - b);
  }

  function cellsOf(
    matrix: readonly number[][],
    names: readonly string[],
    shown: readonly number[],
  ): Cell[][] {
    return shown.map((i) => {
      const total = matrix[i]!.reduce((a, b) => a + b, 0);
      return shown.map((j) => ({
        truth: names[i]!,
        predicted: names[j]!,
        pixels: matrix[i]![j]!,
        share: total > 0 ? matrix[i]![j]! / total : 0,
      }));
    });
  }

  function sentence({ truth, predicted, pixels, share }: Cell): string {
    return `${truth} predicted as ${predicted}: ${count(pixels)} pixels, ${percent(share)} of ${truth}`;
  }

  /** In percent; nothing where there is nothing. */
  function figure({ share, pixels }: Cell): string {
    if (pixels === 0) return '';
    if (share < 0.0005) return '<0.1';
    return (share * 100).toFixed(share < 0.1 ? 1 : 0);
  }

  /** What is mistaken most, as a share of its class. */
  function mistakes(cells: readonly Cell[][]): HTMLElement | null {
    const wrong = cells.flatMap((row, i) => row.filter((cell, j) => i !== j && cell.pixels > 0));
    const worst = wrong.sort((a, b) => b.share - a.share).slice(0, 5);
    if (worst.length === 0) return null;
    return element(
      'div',
      { class: 'mistakes' },
      element('h4', {}, 'Most often mistaken'),
      element(
        'ol',
        {},
        worst.map(({ truth, predicted, share }) =>
          element('li', {}, `${truth} → ${predicted} `, element('span', { class: 'muted' }, percent(share))),
        ),
      ),
    );
  }

  function heatMap(run: RunData, title: string): HTMLElement | null {
    const { metrics, classes } = run;
    if (!metrics) return null;
    const matrix = metrics.confusionMatrix;
    const shown = shownClasses(matrix);
    const cells = cellsOf(
      matrix,
      classes.map(({ name }) => name),
      shown,
    );
    const hint = 'Point at a cell, or move through the cells with the arrow keys.';
    const said = element('output', { class: 'said', 'aria-live': 'polite' }, hint);
    const elements = cells.map((row, y) =>
      row.map((cell, x) => {
        const made = element(
          'td',
          { tabindex: x === 0 && y === 0 ? '0' : '-1', 'aria-label': sentence(cell) },
          element('span', {}, shown.length <= 12 ? figure(cell) : ''),
        );
        // The root makes small mistakes visible beside a strong diagonal.
        const strength = Math.sqrt(cell.share);
        made.style.setProperty('--strength', `${(strength * 100).toFixed(1)}%`);
        // Letters are black or white, whichever reads better on the color: see the style sheet.
        if (strength > 0.62) made.classList.add('strong');
        if (strength > 0.87) made.classList.add('strongest');
        return made;
      }),
    );
    const placeOf = (target: EventTarget | null) => {
      const td = target instanceof Element ? target.closest('td') : null;
      if (!td) return null;
      const y = elements.findIndex((row) => row.includes(td));
      return y < 0 ? null : { x: elements[y]!.indexOf(td), y };
    };
    const tell = ({ target }: Event) => {
      const place = placeOf(target);
      if (place) said.textContent = sentence(cells[place.y]![place.x]!);
    };
    const body = element(
      'tbody',
      {},
      elements.map((row, y) => {
        const { name, color } = classes[shown[y]!]!;
        return element('tr', {}, element('th', { scope: 'row', title: name }, swatch(color), name), row);
      }),
    );
    body.addEventListener('pointerover', tell);
    body.addEventListener('focusin', tell);
    body.addEventListener('keydown', (event) => {
      const place = placeOf(event.target);
      if (!place) return;
      const last = shown.length - 1;
      const { x, y } = place;
      const next = {
        ArrowLeft: [x - 1, y],
        ArrowRight: [x + 1, y],
        ArrowUp: [x, y - 1],
        ArrowDown: [x, y + 1],
        Home: [0, y],
        End: [last, y],
      }[event.key];
      if (!next) return;
      event.preventDefault();
      const clamp = (value: number) => Math.min(Math.max(value, 0), last);
      const target = elements[clamp(next[1]!)]![clamp(next[0]!)]!;
      elements[y]![x]!.tabIndex = -1;
      target.tabIndex = 0;
      target.focus();
    });
    const columns = shown.map((label) => {
      const { name, color } = classes[label]!;
      return element(
        'th',
        { scope: 'col', title: name },
        swatch(color),
        element('span', { class: 'hidden' }, name),
      );
    });
    const left = classes.length - shown.length;
    const leftOut =
      left === 0
        ? ''
        : ` ${left} classes that ${shown.length === maxClasses ? 'are smaller or ' : ''}do not occur are left out.`;
    return element(
      'figure',
      { class: 'confusion' },
      element('h3', {}, title),
      element(
        'div',
        { class: 'wide' },
        element(
          'table',
          { class: 'heat', role: 'grid', 'aria-label': `Confusion matrix of ${run.name}` },
          element(
            'thead',
            {},
            element('tr', {}, element('td', { class: 'corner' }, 'truth ↓ prediction →'), columns),
          ),
          body,
        ),
      ),
      said,
      element('figcaption', { class: 'muted' }, `Rows add up to 100 % of the pixels of a class.${leftOut}`),
      mistakes(cells),
    );
  }

  return function confusion({ runs }: ReportData): Child[] {
    const maps = runs.map((run) => heatMap(run, run.name)).filter((map) => map !== null);
    return maps.length === 0 ? [] : [element('div', { class: runs.length > 1 ? 'beside' : 'alone' }, maps)];
  };
}
