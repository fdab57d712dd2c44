import { downloadMask } from './download-mask.ts';
import { Legend } from './legend.tsx';
import { labelAtPoint, type SegmentState } from './segment-state.ts';
import type { Segmenting } from './segmenting.ts';

interface ClassPanelProps {
  readonly state: SegmentState;
  readonly segmenting: Segmenting;
}

/** What was found in the image, once there was one. */
export function ClassPanel({ state, segmenting }: ClassPanelProps) {
  const { shares, hidden, opacity, picture, classes } = state;
  const switchClass = (label: number, isOn: boolean) => {
    const others = [...hidden].filter((other) => other !== label);
    segmenting.set({ hidden: new Set(isOn ? others : [...others, label]) });
  };
  return (
    <div class="panel" hidden={shares.length === 0}>
      <h2>Classes</h2>
      <Legend shares={shares} hidden={hidden} pointed={labelAtPoint(state)} onSwitch={switchClass} />
      <label class="field">
        <span>Opacity</span>
        <input
          type="range"
          min="0"
          max="100"
          value={opacity}
          onInput={({ currentTarget }) => segmenting.set({ opacity: currentTarget.valueAsNumber })}
        />
      </label>
      <button
        type="button"
        id="download"
        data-testid="download-mask"
        disabled={!classes}
        onClick={() => picture && classes && downloadMask(classes, picture.name)}
      >
        Download mask
      </button>
    </div>
  );
}
