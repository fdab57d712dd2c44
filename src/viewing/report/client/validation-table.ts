import type { RunData } from '../report-data.ts';
import type { Elements } from './elements.ts';

/** The curves of the validations as numbers. */
export function createValidationTable({ element, percent, count }: Elements) {
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

  return validationTable;
}
