/// <reference lib="dom" />

export type Child = Node | string | number | null | false | Child[];
export type Attributes = Record<string, string | number | boolean>;
export type Elements = ReturnType<typeof createElements>;

/**
 * Makes elements and writes numbers. Text stays text: nothing here takes markup.
 * The functions in this folder are sent to the browser as they are (see page.ts): each uses only what it is given.
 */
export function createElements() {
  function element(name: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== false) made.setAttribute(key, value === true ? '' : String(value));
    }
    append(made, children);
    return made;
  }

  function append(parent: HTMLElement, children: Child[]): void {
    for (const child of children) {
      if (Array.isArray(child)) append(parent, child);
      else if (child instanceof Node) parent.append(child);
      else if (child !== null && child !== false) parent.append(String(child));
    }
  }

  /** A square in the color of a class. */
  function swatch(color: string): HTMLElement {
    return element('span', { class: 'swatch', style: `background: ${color}`, 'aria-hidden': 'true' });
  }

  const missing = '–';

  function percent(fraction: number | null | undefined, digits = 1): string {
    return fraction == null ? missing : `${(fraction * 100).toFixed(digits)} %`;
  }

  function count(value: number): string {
    return value.toLocaleString('en-US');
  }

  /** Four digits, as far as they say something. */
  function decimal(value: number | null | undefined): string {
    if (value == null) return missing;
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return Number(value.toPrecision(3)).toExponential();
    return String(Number(value.toPrecision(4)));
  }

  /** Learning rates. */
  function scientific(value: number | null | undefined): string {
    if (value == null) return missing;
    return value === 0 ? '0' : Number(value.toPrecision(3)).toExponential();
  }

  function duration(seconds: number): string {
    if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
    const minutes = Math.round(seconds / 60);
    if (minutes < 60) return `${minutes} min`;
    return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }

  return { element, swatch, percent, count, decimal, scientific, duration };
}
