import { reasonOf } from '../../../src/base/errors.ts';
import { ignoreLabel } from '../../../src/data/images/image.ts';
import type { Store } from '../store.ts';
import type { Point } from './brush.ts';
import { addClass, type ClassChange, changeClass, removeClass } from './class-changes.ts';
import { beginStroke, clear, continueStroke, type Drawing, undo } from './drawing.ts';
import { createClass } from './drawn-class.ts';
import { generateSamples, openImage } from './open-images.ts';
import { drawingOf, ownClasses, type TrainState } from './train-state.ts';
import type { TrainingClient } from './training-client.ts';

/** Longest side of images that are opened, in pixels: steps stay fast, and strokes of a few pixels suffice. */
const imageSide = 128;

/** What the user can do in the section. Each action changes its state; what goes wrong is said. */
export class TrainActions {
  readonly #store: Store<TrainState>;
  readonly #client: TrainingClient;

  constructor(store: Store<TrainState>, client: TrainingClient) {
    this.#store = store;
    this.#client = client;
  }

  /** For fields that need no more than to be kept. */
  set(change: Partial<TrainState>): void {
    this.#store.update(change);
  }

  async loadGenerated(): Promise<void> {
    await this.#attempt(async () => {
      const { samples, classes } = await generateSamples();
      this.#client.reset();
      this.set({
        ...{ drawings: samples.map(drawingOf), areGenerated: true, shown: 0 },
        ...{ classes: classes.map(createClass), chosen: Math.min(this.#state.chosen, classes.length - 1) },
      });
    });
  }

  /** Images to draw on, and weights to continue from. */
  async openFiles(files: readonly File[]): Promise<void> {
    await this.#attempt(async () => {
      const weights = files.filter(({ name }) => /\.safetensors$/i.test(name));
      await this.#addImages(files.filter((file) => !weights.includes(file)));
      for (const file of weights) await this.#client.load(file);
    });
  }

  show(index: number): void {
    this.set({ shown: index });
    this.#client.predict();
  }

  beginStroke(point: Point): void {
    this.#draw(beginStroke);
    this.continueStroke([point]);
  }

  /** @param points from where the stroke was before */
  continueStroke(points: readonly Point[]): void {
    const { diameter, isErasing, chosen } = this.#state;
    this.#draw((drawing) =>
      continueStroke(drawing, { points, diameter, value: isErasing ? ignoreLabel : chosen }),
    );
  }

  endStroke(): void {
    this.#client.changeLabel(this.#state.shown);
  }

  undo(): void {
    if (this.#state.drawings[this.#state.shown]?.past.length === 0) return;
    this.#draw(undo);
    this.#client.changeLabel(this.#state.shown);
  }

  clear(): void {
    this.#draw(clear);
    this.#client.changeLabel(this.#state.shown);
  }

  /** Takes a class for the brush. */
  choose(index: number): void {
    if (index < this.#state.classes.length) this.set({ chosen: index, isErasing: false });
  }

  addClass(): void {
    this.#changeClasses(addClass(this.#state));
  }

  removeClass(index: number): void {
    this.#changeClasses(removeClass(this.#state, index));
  }

  changeClass(index: number, change: ClassChange): void {
    void this.#attempt(() => this.set(changeClass(this.#state, index, change)));
  }

  start(): void {
    void this.#attempt(() => this.#client.start());
  }

  stop(): void {
    this.#client.stop();
  }

  startOver(): void {
    this.#client.reset();
  }

  download(): void {
    this.#client.save();
  }

  get #state(): TrainState {
    return this.#store.state;
  }

  async #addImages(files: readonly File[]): Promise<void> {
    const opened: Drawing[] = [];
    for (const file of files) opened.push(drawingOf(await openImage(file, imageSide)));
    if (opened.length === 0) return;
    if (this.#state.areGenerated) {
      this.#client.reset();
      this.set({ drawings: [], areGenerated: false, ...ownClasses() });
    }
    const before = this.#state.drawings;
    this.set({ drawings: [...before, ...opened] });
    if (this.#state.isTraining) this.#client.start();
    this.show(before.length);
    this.set({ status: { text: 'paint a few strokes of each class, then press Train', isError: false } });
  }

  #draw(change: (drawing: Drawing) => Drawing): void {
    const { drawings, shown } = this.#state;
    this.set({ drawings: drawings.map((drawing, i) => (i === shown ? change(drawing) : drawing)) });
  }

  #changeClasses(change: Partial<TrainState>): void {
    this.set(change);
    if (this.#state.isTraining) this.start();
  }

  async #attempt(action: () => void | Promise<void>): Promise<void> {
    try {
      await action();
    } catch (thrown) {
      this.set({ status: { text: reasonOf(thrown), isError: true } });
    }
  }
}
