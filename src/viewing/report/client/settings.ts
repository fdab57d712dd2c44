import type { ReportData, RunData } from '../report-data.ts';
import type { Child, Elements } from './elements.ts';

/** The command and the configuration that repeat a run; those that differ between runs first. */
export function createSettings({ element }: Elements) {
  function code(text: string, what: string): HTMLElement {
    const pre = element('pre', { tabindex: '0', 'aria-label': what }, element('code', {}, text));
    const button = element('button', { type: 'button', class: 'copy' }, 'Copy');
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = 'Copied';
      } catch {
        // Not allowed here: what is selected is one key away from being copied.
        getSelection()?.selectAllChildren(pre);
        button.textContent = 'Selected';
      }
      setTimeout(() => (button.textContent = 'Copy'), 2000);
    });
    return element('div', { class: 'code' }, pre, button);
  }

  /** Settings by name; those inside an object are named `outer.inner`. */
  function flatten(config: Record<string, unknown>, prefix = ''): [string, string][] {
    return Object.entries(config).flatMap(([key, value]): [string, string][] => {
      if (typeof value === 'object' && value !== null && !Array.isArray(value))
        return flatten(value as Record<string, unknown>, `${prefix}${key}.`);
      return [[prefix + key, typeof value === 'string' ? value : JSON.stringify(value)]];
    });
  }

  function settingsTable(runs: readonly RunData[], differing: boolean): HTMLElement | null {
    const settings = runs.map(({ config }) => new Map(flatten(config)));
    const names = [...new Set(settings.flatMap((map) => [...map.keys()]))].filter(
      (name) =>
        name !== 'command' && settings.some((map) => map.get(name) !== settings[0]!.get(name)) === differing,
    );
    if (names.length === 0) return null;
    // Where all are the same, one column says it.
    const columns = differing ? settings : settings.slice(0, 1);
    return element(
      'div',
      { class: 'wide', tabindex: '0', role: 'region', 'aria-label': 'Settings' },
      element(
        'table',
        { class: 'config' },
        differing &&
          element(
            'thead',
            {},
            element(
              'tr',
              {},
              element('td'),
              runs.map(({ name }) => element('th', { scope: 'col' }, name)),
            ),
          ),
        element(
          'tbody',
          {},
          names.map((name) =>
            element(
              'tr',
              {},
              element('th', { scope: 'row' }, name),
              columns.map((map) => element('td', {}, map.get(name) ?? '–')),
            ),
          ),
        ),
      ),
    );
  }

  return function settings({ runs, generator }: ReportData): Child[] {
    const several = runs.length > 1;
    const different = several ? settingsTable(runs, true) : null;
    return [
      runs.map(({ name, command }) => [
        several && element('h3', {}, name),
        code(command, `Command that repeats ${name}`),
      ]),
      different !== null && [element('h3', {}, 'What differs'), different],
      element(
        'details',
        {},
        element('summary', {}, several ? 'What is the same' : 'Every setting'),
        settingsTable(runs, false),
      ),
      runs.map(({ name, config }) =>
        element(
          'details',
          {},
          element('summary', {}, several ? `config.json of ${name}` : 'config.json'),
          code(JSON.stringify(config, null, 2), `config.json of ${name}`),
        ),
      ),
      element('p', { class: 'muted' }, `Written by ${generator}.`),
    ];
  };
}
