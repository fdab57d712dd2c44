import { StatusLine } from '../status-line.tsx';
import { PictureView } from './picture-view.tsx';
import { labelAtPoint, type Point, type SegmentState } from './segment-state.ts';

interface StageProps {
  readonly state: SegmentState;
  onPoint(point: Point | undefined): void;
}

/** The image, or what to do to get one, and what the page is doing. */
export function Stage({ state, onPoint }: StageProps) {
  return (
    <div class="stage">
      <div class="empty" hidden={state.picture !== undefined}>
        <h1>What is where in a picture</h1>
        <p>Drop one here, paste one, or open one. Or begin with a sample.</p>
        <p class="muted">Everything runs in this browser; no picture leaves it.</p>
      </div>
      <PictureView state={state} onPoint={onPoint} />
      <div class="below">
        {/* Not every frame of a camera is news. */}
        <StatusLine status={state.status} testId="status" isQuiet={state.isCameraOn} />
        <output class="readout" id="readout" aria-live="polite">
          {readout(state)}
        </output>
      </div>
    </div>
  );
}

function readout(state: SegmentState): string {
  const label = labelAtPoint(state);
  if (!state.point || label === undefined) return '';
  const name = state.model?.config.classes[label] ?? `class ${label}`;
  return `${name} at ${state.point.x}, ${state.point.y}`;
}
