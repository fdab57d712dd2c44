import { type ClassShare, vocPalette } from '../../../src/library/web/index.ts';
import { byId } from '../by-id.ts';

const palette = vocPalette();

/** The classes of an image with their shares, each to be switched on and off. */
export class LegendView {
  private readonly list = byId('legend');
  private entries = new Map<number, HTMLLIElement>();

  constructor(private readonly onSwitch: (label: number, on: boolean) => void) {}

  show(shares: readonly ClassShare[], hidden: ReadonlySet<number>): void {
    const same = shares.length === this.entries.size && shares.every(({ label }) => this.entries.has(label));
    // Entries that are there stay, so that the one with the keyboard's focus keeps it while a camera runs.
    if (!same) this.entries = new Map(shares.map((entry) => [entry.label, this.entryOf(entry)]));
    for (const { label, share } of shares) {
      const entry = this.entries.get(label)!;
      entry.querySelector('.share')!.textContent = percentage(share);
      entry.querySelector('input')!.checked = !hidden.has(label);
      entry.querySelector('.name')!.classList.toggle('off', hidden.has(label));
    }
    if (!same) this.list.replaceChildren(...this.entries.values());
  }

  /** Marks the class under the pointer. */
  point(label: number | undefined): void {
    for (const [of, entry] of this.entries) entry.classList.toggle('pointed', of === label);
  }

  private entryOf({ label, name }: ClassShare): HTMLLIElement {
    const entry = document.createElement('li');
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.addEventListener('change', () => this.onSwitch(label, box.checked));
    const swatch = spanOf('swatch', '');
    swatch.style.background = `rgb(${palette[label]!.join(' ')})`;
    const whole = document.createElement('label');
    whole.append(box, swatch, spanOf('name', name), spanOf('share', ''));
    entry.append(whole);
    return entry;
  }
}

function spanOf(className: string, text: string): HTMLSpanElement {
  const span = document.createElement('span');
  span.className = className;
  span.textContent = text;
  return span;
}

function percentage(share: number): string {
  return share < 0.001 ? '< 0.1 %' : `${(share * 100).toFixed(1)} %`;
}
