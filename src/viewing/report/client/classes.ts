import type { ReportData } from '../report-data.ts';
import type { Child, Elements } from './elements.ts';

type SortKey = { readonly run: number; readonly of: 'iou' | 'accuracy' } | 'class' | 'pixels' | 'difference';

interface Row {
  readonly name: string;
  readonly color: string;
  readonly order: number;
  readonly pixels: number | null;
  readonly runs: { readonly iou: number | null; readonly accuracy: number | null }[];
}

/** IoU of each class as bars and numbers, one row a class, to be sorted by any column. @param number of the table in the page */
export function createClassTable({ element, swatch, percent, count }: Elements, number: number) {
  // What the reader chose outlives an update.
  let sortId = 'class';
  let descending = false;

  /** Classes of all runs, matched by name. */
  function rowsOf({ runs }: ReportData): Row[] {
    const names = [...new Set(runs.flatMap(({ classes }) => classes.map(({ name }) => name)))];
    return names.map((name, order) => {
      const owner = runs.find(({ classes }) => classes.some((c) => c.name === name))!;
      const scores = runs.map(({ metrics }) => metrics?.classes.find((c) => c.name === name));
      return {
        name,
        order,
        color: owner.classes.find((c) => c.name === name)!.color,
        pixels: scores.find((score) => score)?.pixels ?? null,
        runs: scores.map((score) => ({ iou: score?.iou ?? null, accuracy: score?.accuracy ?? null })),
      };
    });
  }

  function columnsOf({ runs }: ReportData): { id: string; name: string; key: SortKey }[] {
    const of = (run: number) => (runs.length > 1 ? ` ${runs[run]!.name}` : '');
    return [
      { id: 'class', name: 'Class', key: 'class' },
      ...runs.map((_, run) => ({
        id: `iou${run}`,
        name: `IoU${of(run)}`,
        key: { run, of: 'iou' } as const,
      })),
      ...(runs.length === 2 ? [{ id: 'difference', name: 'Change', key: 'difference' as const }] : []),
      ...(runs.length === 1
        ? [{ id: 'accuracy', name: 'Accuracy', key: { run: 0, of: 'accuracy' } as const }]
        : []),
      { id: 'pixels', name: 'Pixels', key: 'pixels' },
    ];
  }

  function differenceOf({ runs: [first, second] }: Row): number | null {
    return first?.iou == null || second?.iou == null ? null : second.iou - first.iou;
  }

  function scoreOf(row: Row, key: SortKey): number | null {
    if (key === 'class') return row.order;
    if (key === 'pixels') return row.pixels;
    if (key === 'difference') return differenceOf(row);
    return row.runs[key.run]![key.of];
  }

  function cellOf(row: Row, key: SortKey, colorOf: (run: number) => string): HTMLElement {
    if (key === 'class') return element('th', { scope: 'row', class: 'class' }, swatch(row.color), row.name);
    const value = scoreOf(row, key);
    if (key === 'pixels') return element('td', { class: 'number' }, value === null ? '–' : count(value));
    if (key === 'difference') {
      const text = value === null ? '–' : `${value < 0 ? '−' : '+'}${Math.abs(value * 100).toFixed(1)}`;
      return element('td', { class: 'number' }, text);
    }
    if (key.of === 'accuracy') return element('td', { class: 'number' }, percent(value));
    const style = `width: ${((value ?? 0) * 100).toFixed(2)}%; background: ${colorOf(key.run)}`;
    const bar = element('span', { class: 'bar', 'aria-hidden': 'true' }, element('span', { style }));
    return element(
      'td',
      { class: 'number iou' },
      element('div', {}, bar, element('span', {}, percent(value))),
    );
  }

  return function classTable(data: ReportData, colorOf: (run: number) => string): Child[] {
    if (!data.runs.some(({ metrics }) => metrics)) return [];
    const rows = rowsOf(data);
    const columns = columnsOf(data);
    const body = element('tbody');
    const headers = columns.map(({ id, name, key }) => {
      const button = element(
        'button',
        { type: 'button', id: `sort-${number > 0 ? `${number}-` : ''}${id}` },
        name,
      );
      button.addEventListener('click', () => {
        // Scores: the lowest first, which is what is looked for.
        descending = sortId === id ? !descending : key === 'pixels';
        sortId = id;
        fill();
      });
      return element('th', { scope: 'col', class: id !== 'class' && 'number' }, button);
    });

    function fill(): void {
      const { key } = columns.find(({ id }) => id === sortId) ?? columns[0]!;
      const direction = descending ? -1 : 1;
      // Classes without a value come last, whatever the direction.
      const compare = (a: Row, b: Row) => {
        const [x, y] = [scoreOf(a, key), scoreOf(b, key)];
        if (x === null || y === null) return Number(x === null) - Number(y === null);
        return direction * (x - y) || a.order - b.order;
      };
      body.replaceChildren(
        ...[...rows].sort(compare).map((row) =>
          element(
            'tr',
            {},
            columns.map((column) => cellOf(row, column.key, colorOf)),
          ),
        ),
      );
      for (const [i, { id }] of columns.entries()) {
        if (id === sortId) headers[i]!.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
        else headers[i]!.removeAttribute('aria-sort');
      }
    }

    fill();
    return [
      element(
        'div',
        { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Scores of the classes' },
        element(
          'table',
          { class: 'classes' },
          element(
            'caption',
            {},
            'IoU: intersection over union of truth and prediction. Click a heading to sort.',
          ),
          element('thead', {}, element('tr', {}, headers)),
          body,
        ),
      ),
    ];
  };
}
