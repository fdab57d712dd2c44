import type { TrainActions } from './train-actions.ts';
import type { TrainState } from './train-state.ts';

interface DrawingToolsProps {
  readonly state: TrainState;
  readonly actions: TrainActions;
}

/** The brush, and what takes back what it did. */
export function DrawingTools({ state, actions }: DrawingToolsProps) {
  const { diameter, isErasing, opacity } = state;
  return (
    <div class="trainer-row trainer-tools">
      <label>
        Brush{' '}
        <input
          type="range"
          min="1"
          max="24"
          value={diameter}
          aria-label="Diameter of the brush in pixels"
          onInput={({ currentTarget }) => actions.set({ diameter: currentTarget.valueAsNumber })}
        />
      </label>
      <button
        type="button"
        aria-pressed={isErasing}
        data-testid="train-erase"
        onClick={() => actions.set({ isErasing: !isErasing })}
      >
        Erase
      </button>
      <button type="button" data-testid="train-undo" onClick={() => actions.undo()}>
        Undo
      </button>
      <button type="button" onClick={() => actions.clear()}>
        Clear
      </button>
      <label>
        Opacity{' '}
        <input
          type="range"
          min="0"
          max="100"
          value={opacity}
          data-testid="train-opacity"
          onInput={({ currentTarget }) => actions.set({ opacity: currentTarget.valueAsNumber })}
        />
      </label>
    </div>
  );
}
