import { FileButton } from '../file-button.tsx';
import { StatusLine } from '../status-line.tsx';
import { LossChart } from './loss-chart.tsx';
import type { TrainActions } from './train-actions.ts';
import type { TrainState } from './train-state.ts';
import { TrainingNumbers } from './training-numbers.tsx';
import { TrainingSettings } from './training-settings.tsx';

interface TrainingPanelProps {
  readonly state: TrainState;
  readonly actions: TrainActions;
}

/** Starts and stops the training, and shows how it goes. */
export function TrainingPanel({ state, actions }: TrainingPanelProps) {
  const { isTraining, hasTrained, hasFile } = state;
  return (
    <section aria-label="Training">
      <h2>Training</h2>
      <div class="trainer-row">
        <button
          type="button"
          class="primary"
          data-testid="train-start"
          disabled={isTraining}
          onClick={() => actions.start()}
        >
          {hasTrained || hasFile ? 'Continue' : 'Train'}
        </button>
        <button type="button" data-testid="train-stop" disabled={!isTraining} onClick={() => actions.stop()}>
          Stop
        </button>
        <button
          type="button"
          data-testid="train-reset"
          disabled={!hasTrained}
          onClick={() => actions.startOver()}
        >
          Start over
        </button>
      </div>
      <TrainingNumbers progress={state.progress} />
      <LossChart curve={state.curve} />
      <StatusLine status={state.status} testId="train-status" />
      <div class="trainer-row">
        <button
          type="button"
          data-testid="train-download"
          disabled={!hasTrained}
          onClick={() => actions.download()}
        >
          Download weights
        </button>
        <FileButton
          text="Continue from a file"
          testId="train-weights"
          accept=".safetensors"
          onFiles={(files) => void actions.openFiles(files)}
        />
      </div>
      <TrainingSettings state={state} actions={actions} />
    </section>
  );
}
