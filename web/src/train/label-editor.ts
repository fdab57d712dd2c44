import type { Sample } from '../../../src/data/datasets/dataset.ts';
import { ignoreLabel, type LabelImage } from '../../../src/data/images/image.ts';
import { type Point, paintStroke } from './brush.ts';

/** Strokes that can be taken back. */
const mostUndos = 50;

export interface Brush {
  /** What it paints: a class number, or `ignoreLabel` to erase. */
  readonly value: number;
  /** In pixels of the image. */
  readonly diameter: number;
}

interface EditorOptions {
  readonly canvas: HTMLCanvasElement;
  /** Shows the size of the brush around the pointer. */
  readonly ring: HTMLElement;
  readonly brush: () => Brush;
  /** While a stroke is drawn. */
  readonly onPaint: () => void;
  /** After a stroke, an undo or a clearing. */
  readonly onChange: (sample: Sample) => void;
}

/** Lets the pointer draw on the label of a sample, in its own memory. */
export class LabelEditor {
  readonly #options: EditorOptions;
  readonly #history = new WeakMap<Sample, Uint8Array[]>();
  #sample: Sample | undefined;
  #last: Point | undefined;

  constructor(options: EditorOptions) {
    this.#options = options;
    const { canvas } = options;
    canvas.addEventListener('pointerdown', (event) => this.#begin(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    canvas.addEventListener('pointerup', () => this.#end());
    canvas.addEventListener('pointercancel', () => this.#end());
    canvas.addEventListener('pointerleave', () => {
      options.ring.hidden = true;
    });
  }

  edit(sample: Sample | undefined): void {
    this.#end();
    this.#sample = sample;
  }

  undo(): void {
    const before = this.#sample && this.#history.get(this.#sample)?.pop();
    if (this.#sample && before) this.#replace(this.#sample, before);
  }

  clear(): void {
    if (!this.#sample) return;
    this.#remember(this.#sample);
    this.#replace(this.#sample, new Uint8Array(this.#sample.label.data.length).fill(ignoreLabel));
  }

  /** Forgets what was drawn before, after the classes have changed their numbers. */
  forget(sample: Sample): void {
    this.#history.delete(sample);
  }

  #begin(event: PointerEvent): void {
    if (event.button !== 0 || !this.#sample) return;
    event.preventDefault();
    // A name that was being typed is taken.
    this.#options.canvas.focus({ preventScroll: true });
    this.#options.canvas.setPointerCapture(event.pointerId);
    this.#remember(this.#sample);
    this.#last = this.#pointAt(event, this.#sample.label);
    this.#paintTo(this.#last);
  }

  #move(event: PointerEvent): void {
    this.#showRing(event);
    if (!this.#last || !this.#sample) return;
    // Where the pointer was between two frames, too.
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length > 0 ? events : [event])
      this.#paintTo(this.#pointAt(each, this.#sample.label));
  }

  #end(): void {
    if (!this.#last || !this.#sample) return;
    this.#last = undefined;
    this.#options.onChange(this.#sample);
  }

  #paintTo(point: Point): void {
    const { value, diameter } = this.#options.brush();
    paintStroke(this.#sample!.label, this.#last!, point, diameter / 2, value);
    this.#last = point;
    this.#options.onPaint();
  }

  #pointAt({ clientX, clientY }: PointerEvent, { width, height }: LabelImage): Point {
    const box = this.#options.canvas.getBoundingClientRect();
    return {
      x: ((clientX - box.left) / box.width) * width,
      y: ((clientY - box.top) / box.height) * height,
    };
  }

  #showRing({ clientX, clientY, pointerType }: PointerEvent): void {
    const { canvas, ring, brush } = this.#options;
    ring.hidden = !this.#sample || pointerType === 'touch';
    if (!this.#sample) return;
    const box = canvas.getBoundingClientRect();
    const size = (brush().diameter / this.#sample.label.width) * box.width;
    Object.assign(ring.style, {
      width: `${size}px`,
      height: `${size}px`,
      left: `${clientX - box.left - size / 2}px`,
      top: `${clientY - box.top - size / 2}px`,
    });
  }

  #remember(sample: Sample): void {
    const history = this.#history.get(sample) ?? [];
    history.push(sample.label.data.slice());
    if (history.length > mostUndos) history.shift();
    this.#history.set(sample, history);
  }

  #replace(sample: Sample, data: Uint8Array): void {
    sample.label.data.set(data);
    this.#options.onPaint();
    this.#options.onChange(sample);
  }
}
