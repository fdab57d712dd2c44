import type { Random } from '../../../base/rng.ts';
import { ignoreLabel, type LabelImage, type RgbImage } from '../../images/image.ts';
import type { Color } from '../../images/palette.ts';
import type { Scene, ShapeObject } from './scene.ts';

const backgroundIndex = -1;
/** Offsets from a pixel's center of the four points whose mean is its color, so that edges are smooth. */
const subpixels = [-0.25, 0.25].flatMap((dy) => [-0.25, 0.25].map((dx) => [dx, dy] as const));

/** The pixels of a scene. The random stream gives the background's texture and the noise. */
export function renderImage(scene: Scene, stream: Random): RgbImage {
  const { size, objects, background, light } = scene;
  const coarse = smoothNoise(size, 4, stream);
  const fine = smoothNoise(size, 12, stream);
  const data = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const blend = 0.6 * coarse(x, y) + 0.4 * fine(x, y);
      const behind = mix(background[0], background[1], blend);
      const colors = subpixels.map(([dx, dy]) => {
        const px = x + 0.5 + dx;
        const py = y + 0.5 + dy;
        const index = objectAt(scene, px, py);
        return index === backgroundIndex ? behind : colorAt(objects[index]!, px, py);
      });
      const brightness = 1 + light[0] * (x / size - 0.5) + light[1] * (y / size - 0.5);
      const bits = stream.uint32();
      for (let c = 0; c < 3; c++) {
        const mean = (colors[0]![c]! + colors[1]![c]! + colors[2]![c]! + colors[3]![c]!) / 4;
        // Gray noise that the channels share, and some of their own.
        const noise = ((bits >>> 24) - 127.5 + (((bits >>> (8 * c)) & 255) - 127.5)) * 0.08;
        data[(y * size + x) * 3 + c] = Math.min(255, Math.max(0, Math.round(mean * brightness + noise)));
      }
    }
  }
  return { width: size, height: size, data };
}

/** The class of each pixel's center; void where a neighbor to the left, right, above or below shows another object. */
export function renderLabel(scene: Scene): LabelImage {
  const { size, objects } = scene;
  const visible = new Int32Array(size * size);
  for (let i = 0; i < visible.length; i++) {
    visible[i] = objectAt(scene, (i % size) + 0.5, Math.floor(i / size) + 0.5);
  }
  const data = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const i = y * size + x;
      const index = visible[i]!;
      const onBorder =
        (x > 0 && visible[i - 1] !== index) ||
        (x < size - 1 && visible[i + 1] !== index) ||
        (y > 0 && visible[i - size] !== index) ||
        (y < size - 1 && visible[i + size] !== index);
      if (onBorder) data[i] = ignoreLabel;
      else data[i] = index === backgroundIndex ? 0 : objects[index]!.label;
    }
  }
  return { width: size, height: size, data };
}

/** Index of the nearest object that covers a point. */
function objectAt({ objects }: Scene, px: number, py: number): number {
  for (let index = objects.length - 1; index >= 0; index--) {
    const object = objects[index]!;
    const [x, y] = toObject(object, px, py);
    if (object.shape.outline(x / object.radius, y / object.radius)) return index;
  }
  return backgroundIndex;
}

function colorAt(object: ShapeObject, px: number, py: number): Color {
  const [x, y] = toObject(object, px, py);
  const second = object.shape.texture(
    x / object.period + object.phase[0],
    y / object.period + object.phase[1],
  );
  return object.colors[second ? 1 : 0];
}

/** A point of the image in the object's own, rotated coordinates, still in pixels. */
function toObject({ x, y, turn }: ShapeObject, px: number, py: number): [number, number] {
  const dx = px - x;
  const dy = py - y;
  return [turn[0] * dx + turn[1] * dy, turn[0] * dy - turn[1] * dx];
}

/** Values 0..1 that change smoothly over an image: random ones on a grid of cells x cells, interpolated. */
function smoothNoise(size: number, cells: number, stream: Random): (x: number, y: number) => number {
  const side = cells + 1;
  const grid = Array.from({ length: side * side }, () => stream.uniform());
  const ease = (t: number) => t * t * (3 - 2 * t);
  return (x, y) => {
    const gx = (x / size) * cells;
    const gy = (y / size) * cells;
    const left = Math.floor(gx);
    const top = Math.floor(gy);
    const s = ease(gx - left);
    const t = ease(gy - top);
    const at = (row: number, column: number) => grid[row * side + column]!;
    const upper = at(top, left) + s * (at(top, left + 1) - at(top, left));
    const lower = at(top + 1, left) + s * (at(top + 1, left + 1) - at(top + 1, left));
    return upper + t * (lower - upper);
  };
}

function mix(a: Color, b: Color, t: number): Color {
  return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])];
}
