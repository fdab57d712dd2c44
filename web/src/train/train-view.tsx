import { FileButton } from '../file-button.tsx';
import { ClassList } from './class-list.tsx';
import { DrawingTools } from './drawing-tools.tsx';
import { Panes } from './panes.tsx';
import { Thumbnails } from './thumbnails.tsx';
import type { TrainActions } from './train-actions.ts';
import type { TrainState } from './train-state.ts';
import { TrainingPanel } from './training-panel.tsx';

interface TrainViewProps {
  readonly state: TrainState;
  readonly actions: TrainActions;
}

/** The section that trains a network: shows its state, and hands on what the user does. */
export function TrainView({ state, actions }: TrainViewProps) {
  return (
    <div class="trainer">
      <div class="trainer-main">
        <p class="trainer-intro">
          Teach a network your own classes. Paint a few strokes of each class, including the background, press{' '}
          <strong>Train</strong>, and watch it learn. Images and weights stay in this page.
        </p>
        <div class="trainer-row">
          <FileButton
            text="Open images"
            testId="train-images"
            accept="image/*"
            multiple
            onFiles={(files) => void actions.openFiles(files)}
          />
          <button type="button" data-testid="train-generated" onClick={() => void actions.loadGenerated()}>
            Generated images
          </button>
          <span class="trainer-hint">or drop files anywhere here</span>
        </div>
        <Thumbnails
          drawings={state.drawings}
          classes={state.classes}
          shown={state.shown}
          onChoose={(index) => actions.show(index)}
        />
        <Panes state={state} actions={actions} />
        <DrawingTools state={state} actions={actions} />
      </div>
      <div class="trainer-side">
        <ClassList state={state} actions={actions} />
        <TrainingPanel state={state} actions={actions} />
      </div>
    </div>
  );
}
