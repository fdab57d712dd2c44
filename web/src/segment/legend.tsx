import { type ClassShare, vocPalette } from '../../../src/library/web/index.ts';

const palette = vocPalette();

interface LegendProps {
  readonly shares: readonly ClassShare[];
  /** Classes that are switched off. */
  readonly hidden: ReadonlySet<number>;
  /** The class under the pointer. */
  readonly pointed: number | undefined;
  onSwitch(label: number, isOn: boolean): void;
}

/** The classes of an image with their shares, each to be switched on and off. */
export function Legend({ shares, hidden, pointed, onSwitch }: LegendProps) {
  return (
    <ul class="legend" data-testid="legend">
      {shares.map(({ label, name, share }) => (
        <li key={label} class={label === pointed ? 'pointed' : undefined}>
          <label>
            <input
              type="checkbox"
              checked={!hidden.has(label)}
              onChange={({ currentTarget }) => onSwitch(label, currentTarget.checked)}
            />
            <span class="swatch" style={{ background: `rgb(${palette[label]!.join(' ')})` }} />
            <span class={hidden.has(label) ? 'name off' : 'name'}>{name}</span>
            <span class="share">{percentage(share)}</span>
          </label>
        </li>
      ))}
    </ul>
  );
}

function percentage(share: number): string {
  return share < 0.001 ? '< 0.1 %' : `${(share * 100).toFixed(1)} %`;
}
