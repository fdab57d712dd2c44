import { ClassPanel } from './class-panel.tsx';
import { ImagePanel } from './image-panel.tsx';
import { ModelPanel } from './model-panel.tsx';
import type { SegmentState } from './segment-state.ts';
import type { Segmenting } from './segmenting.ts';
import { Stage } from './stage.tsx';

interface SegmentViewProps {
  readonly state: SegmentState;
  readonly segmenting: Segmenting;
}

/** The section that segments images: shows its state, and hands on what the user does. */
export function SegmentView({ state, segmenting }: SegmentViewProps) {
  return (
    <div class="columns">
      <Stage state={state} onPoint={(point) => segmenting.set({ point })} />
      <div class="panels">
        <ImagePanel state={state} segmenting={segmenting} />
        <ClassPanel state={state} segmenting={segmenting} />
        <ModelPanel state={state} segmenting={segmenting} />
      </div>
    </div>
  );
}
