import type { CSSProperties } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { drawImage, paintClasses, setSize } from './paint-classes.ts';
import type { Point, SegmentState } from './segment-state.ts';

interface PictureViewProps {
  readonly state: SegmentState;
  /** The pointer, or the point that the arrow keys move, is elsewhere. */
  onPoint(point: Point | undefined): void;
}

const directions: Record<string, readonly [x: number, y: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The image with the canvas of its classes over it, and a point that shows the class of one pixel. */
export function PictureView({ state, onPoint }: PictureViewProps) {
  const { picture, classes, hidden, opacity, point } = state;
  const image = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  /** Whether the keys move the point; the pointer shows it by itself. */
  const [isByKey, setByKey] = useState(false);
  const { width, height } = picture ?? { width: 1, height: 1 };

  useLayoutEffect(() => {
    if (!picture) return;
    drawImage(image.current!, picture);
    setSize(overlay.current!, picture);
  }, [picture]);
  useLayoutEffect(() => {
    if (classes) paintClasses(overlay.current!, classes, hidden);
  }, [classes, hidden]);

  const moveTo = (x: number, y: number, byKey: boolean) => {
    setByKey(byKey);
    onPoint({ x: Math.min(width - 1, Math.max(0, x)), y: Math.min(height - 1, Math.max(0, y)) });
  };
  const follow = ({ clientX, clientY }: PointerEvent) => {
    const box = overlay.current!.getBoundingClientRect();
    const x = Math.floor(((clientX - box.left) / box.width) * width);
    moveTo(x, Math.floor(((clientY - box.top) / box.height) * height), false);
  };
  const step = (event: KeyboardEvent) => {
    const direction = directions[event.key];
    if (!direction) return;
    event.preventDefault();
    // The first key shows where the point is.
    if (!point) return moveTo(Math.floor(width / 2), Math.floor(height / 2), true);
    const length = Math.max(1, Math.round(Math.max(width, height) / (event.shiftKey ? 12 : 100)));
    moveTo(point.x + direction[0] * length, point.y + direction[1] * length, true);
  };

  const style = { '--ratio': width / height, '--opacity': opacity / 100 } as CSSProperties;
  return (
    <div
      class={classes ? 'picture' : 'picture busy'}
      id="picture"
      role="application"
      aria-label="Segmented image. Use the arrow keys to move the point whose class is shown, and Shift to move faster."
      aria-describedby="readout"
      hidden={!picture}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys move its point
      tabIndex={0}
      style={style}
      onPointerMove={follow}
      onPointerDown={follow}
      onPointerLeave={() => onPoint(undefined)}
      onKeyDown={step}
      onBlur={() => onPoint(undefined)}
    >
      <canvas ref={image} />
      <canvas ref={overlay} id="overlay" data-testid="overlay" />
      <span
        class="cursor"
        id="cursor"
        hidden={!point || !isByKey}
        style={
          point && {
            left: `${((point.x + 0.5) / width) * 100}%`,
            top: `${((point.y + 0.5) / height) * 100}%`,
          }
        }
      />
    </div>
  );
}
