import { useRef, useState } from 'preact/hooks';
import type { Point } from './brush.ts';
import type { Drawing } from './drawing.ts';
import { PictureCanvas } from './picture-canvas.tsx';
import type { TrainActions } from './train-actions.ts';
import type { TrainState } from './train-state.ts';

interface LabelCanvasProps {
  readonly state: TrainState;
  readonly actions: TrainActions;
}

type CanvasEvent = PointerEvent & { readonly currentTarget: HTMLCanvasElement };

/** The image that is shown with its labels, on which the pointer draws. */
export function LabelCanvas({ state, actions }: LabelCanvasProps) {
  const drawing = state.drawings[state.shown];
  /** Where the stroke is that is being drawn. */
  const last = useRef<Point | undefined>(undefined);
  const [pointer, setPointer] = useState<Point>();

  const begin = (event: CanvasEvent) => {
    if (event.button !== 0 || !drawing) return;
    event.preventDefault();
    // A name that was being typed is taken.
    event.currentTarget.focus({ preventScroll: true });
    event.currentTarget.setPointerCapture(event.pointerId);
    last.current = pointIn(event.currentTarget, event);
    actions.beginStroke(last.current);
  };
  const move = (event: CanvasEvent) => {
    const canvas = event.currentTarget;
    setPointer(event.pointerType === 'touch' ? undefined : pointIn(canvas, event));
    if (!last.current) return;
    // Where the pointer was between two frames, too.
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const points = (coalesced.length > 0 ? coalesced : [event]).map((each) => pointIn(canvas, each));
    actions.continueStroke([last.current, ...points]);
    last.current = points.at(-1);
  };
  const end = () => {
    if (!last.current) return;
    last.current = undefined;
    actions.endStroke();
  };

  return (
    <div class="trainer-pane">
      <PictureCanvas
        image={drawing?.image}
        classMap={drawing?.label}
        classes={state.classes}
        opacity={state.opacity}
        data-testid="train-canvas"
        tabIndex={0}
        role="img"
        aria-label="The image with its labels; draw with the pointer"
        onPointerDown={begin}
        onPointerMove={move}
        onPointerUp={end}
        onPointerCancel={end}
        onPointerLeave={() => setPointer(undefined)}
      />
      {drawing && pointer && <BrushRing drawing={drawing} center={pointer} diameter={state.diameter} />}
    </div>
  );
}

interface BrushRingProps {
  readonly drawing: Drawing;
  readonly center: Point;
  readonly diameter: number;
}

/** Shows the size of the brush around the pointer. */
function BrushRing({ drawing, center, diameter }: BrushRingProps) {
  const { width, height } = drawing.image;
  const style = {
    width: `${(diameter / width) * 100}%`,
    height: `${(diameter / height) * 100}%`,
    left: `${((center.x - diameter / 2) / width) * 100}%`,
    top: `${((center.y - diameter / 2) / height) * 100}%`,
  };
  return <div class="trainer-ring" style={style} />;
}

/** A place of the screen in pixels of a canvas. */
function pointIn(canvas: HTMLCanvasElement, { clientX, clientY }: PointerEvent): Point {
  const box = canvas.getBoundingClientRect();
  return {
    x: ((clientX - box.left) / box.width) * canvas.width,
    y: ((clientY - box.top) / box.height) * canvas.height,
  };
}
