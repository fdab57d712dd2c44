import { useMemo } from 'preact/hooks';
import { LabelCanvas } from './label-canvas.tsx';
import { agreement } from './labels.ts';
import { PictureCanvas } from './picture-canvas.tsx';
import type { TrainActions } from './train-actions.ts';
import type { TrainState } from './train-state.ts';

interface PanesProps {
  readonly state: TrainState;
  readonly actions: TrainActions;
}

/** What the user says of an image, and what the network says of it. */
export function Panes({ state, actions }: PanesProps) {
  const drawing = state.drawings[state.shown];
  const { label, prediction } = drawing ?? {};
  const share = useMemo(() => label && agreement(label, prediction), [label, prediction]);
  return (
    <div class="trainer-panes">
      <figure>
        <figcaption>
          Labels <span class="trainer-hint trainer-optional">draw here</span>
        </figcaption>
        <LabelCanvas state={state} actions={actions} />
      </figure>
      <figure>
        <figcaption>
          Prediction{' '}
          <span class="trainer-hint">{share === undefined ? '' : `${Math.round(100 * share)} % agree`}</span>
        </figcaption>
        <div class="trainer-pane">
          <PictureCanvas
            image={drawing?.image}
            classMap={prediction}
            classes={state.classes}
            opacity={state.opacity}
            data-testid="train-prediction"
            role="img"
            aria-label="What the network sees in the image"
          />
        </div>
      </figure>
    </div>
  );
}
