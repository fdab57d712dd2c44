import type { Random } from '../../../base/rng.ts';
import type { Color } from '../../images/palette.ts';
import { type ShapeClass, shapeClasses } from './classes.ts';

/** An object, with lengths and positions in pixels. */
export interface ShapeObject {
  readonly label: number;
  readonly shape: ShapeClass;
  readonly x: number;
  readonly y: number;
  /** Of the circle around the outline. */
  readonly radius: number;
  /** Rotation as a cosine and a sine. */
  readonly turn: readonly [number, number];
  /** Length over which the texture repeats, and where it starts. */
  readonly period: number;
  readonly phase: readonly [number, number];
  readonly colors: readonly [Color, Color];
}

/** What a generated image shows; `objects` from the farthest to the nearest. */
export interface Scene {
  readonly size: number;
  readonly objects: readonly ShapeObject[];
  /** The background blends these by smooth noise. */
  readonly background: readonly [Color, Color];
  /** Relative change of brightness from one side of the image to the other: to the right, downwards. */
  readonly light: readonly [number, number];
}

/** One to four objects of the first `numClasses - 1` kinds, in colors that say nothing about the kind. */
export function randomScene(size: number, numClasses: number, stream: Random): Scene {
  const background = [randomColor(stream, 40, 190), randomColor(stream, 40, 190)] as const;
  const light = [stream.uniform(-0.5, 0.5), stream.uniform(-0.5, 0.5)] as const;
  const objects: ShapeObject[] = [];
  const count = 1 + stream.integer(4);
  for (let attempt = 0; objects.length < count && attempt < 40; attempt++) {
    const object = randomObject(size, numClasses, stream);
    if (objects.every((other) => !covers(object, other))) objects.push(object);
  }
  return { size, objects, background, light };
}

function randomObject(size: number, numClasses: number, stream: Random): ShapeObject {
  const label = 1 + stream.integer(numClasses - 1);
  return {
    label,
    shape: shapeClasses[label - 1]!,
    x: size * stream.uniform(0.1, 0.9),
    y: size * stream.uniform(0.1, 0.9),
    radius: size * stream.uniform(0.16, 0.32),
    turn: randomTurn(stream),
    period: Math.max(5, size * stream.uniform(0.06, 0.1)),
    phase: [stream.uniform(), stream.uniform()],
    colors: contrastingColors(stream),
  };
}

/** Whether one would hide too much of the other. A part is welcome. */
function covers(a: ShapeObject, b: ShapeObject): boolean {
  const reach = 0.6 * (a.radius + b.radius);
  return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y) < reach * reach;
}

/**
 * Cosine and sine of a random angle, by the rational parametrization of the circle: Math.sin may differ in the last
 * bit from one JavaScript engine to another, the four operations may not.
 */
function randomTurn(stream: Random): [number, number] {
  const t = stream.uniform(-1, 1);
  const cosine = (1 - t * t) / (1 + t * t);
  const sine = (2 * t) / (1 + t * t);
  return stream.integer(2) === 0 ? [cosine, sine] : [-cosine, -sine];
}

function randomColor(stream: Random, low: number, high: number): Color {
  return [stream.uniform(low, high), stream.uniform(low, high), stream.uniform(low, high)];
}

/** A dark and a light color in random order. */
function contrastingColors(stream: Random): [Color, Color] {
  const dark = randomColor(stream, 0, 110);
  const bright = randomColor(stream, 145, 255);
  return stream.integer(2) === 0 ? [dark, bright] : [bright, dark];
}
