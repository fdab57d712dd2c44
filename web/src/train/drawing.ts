import { ignoreLabel, type LabelImage, type RgbImage } from '../../../src/data/images/image.ts';
import { type Point, paintStroke } from './brush.ts';

/** Strokes that can be taken back. */
const mostUndos = 50;

/** An image and what is drawn on it. Each change makes another one. */
export interface Drawing {
  /** Stays what it is, whatever is drawn. */
  readonly key: number;
  readonly id: string;
  readonly image: RgbImage;
  readonly label: LabelImage;
  /** Labels before each of the last strokes, the latest at the end. */
  readonly past: readonly LabelImage[];
  readonly prediction: LabelImage | undefined;
}

export interface Stroke {
  /** The points of the pointer's way, in pixels of the image. */
  readonly points: readonly Point[];
  /** In pixels of the image. */
  readonly diameter: number;
  /** A class number, or `ignoreLabel` to erase. */
  readonly value: number;
}

/** Remembers the label as it is, before a stroke. */
export function beginStroke(drawing: Drawing): Drawing {
  return { ...drawing, past: [...drawing.past, drawing.label].slice(-mostUndos) };
}

export function continueStroke(drawing: Drawing, { points, diameter, value }: Stroke): Drawing {
  const label = { ...drawing.label, data: drawing.label.data.slice() };
  for (const [i, point] of points.entries())
    paintStroke(label, points[i - 1] ?? point, point, diameter / 2, value);
  return { ...drawing, label };
}

export function undo(drawing: Drawing): Drawing {
  const label = drawing.past.at(-1);
  return label ? { ...drawing, label, past: drawing.past.slice(0, -1) } : drawing;
}

export function clear(drawing: Drawing): Drawing {
  const data = new Uint8Array(drawing.label.data.length).fill(ignoreLabel);
  return { ...beginStroke(drawing), label: { ...drawing.label, data } };
}
