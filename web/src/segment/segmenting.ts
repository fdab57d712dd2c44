import { type Backend, classShares, type LabelImage } from '../../../src/library/web/index.ts';
import type { Store } from '../store.ts';
import { type Camera, openCamera } from './camera.ts';
import { type Picture, pictureOf, readPicture, seenSize } from './picture.ts';
import { type ModelFile, SegmentClient } from './segment-client.ts';
import { longestFor, type SegmentState } from './segment-state.ts';

/** Loads models, segments pictures, and puts what comes of it into the state of the section. */
export class Segmenting {
  readonly #store: Store<SegmentState>;
  readonly #client = new SegmentClient();
  /** The model that was asked for last, which may still be loading. */
  #wanted: ModelFile;
  #inUse: { readonly file: ModelFile; readonly backend: Backend | '' };
  #camera: Camera | undefined;
  /** Counts what was asked for: answers to anything but the last question are dropped. */
  #asked = 0;

  /** @param modelFile the model to begin with */
  constructor(store: Store<SegmentState>, modelFile: ModelFile) {
    this.#store = store;
    this.#wanted = modelFile;
    this.#inUse = { file: modelFile, backend: '' };
  }

  /** For fields that need no more than to be kept. */
  set(change: Partial<SegmentState>): void {
    this.#store.update(change);
  }

  /** Loads a model; without one, the last again. Then segments the picture that is shown. */
  async loadModel(file = this.#wanted): Promise<void> {
    const asked = ++this.#asked;
    this.#wanted = file;
    this.#say('loading model');
    const { backend } = this.#state;
    try {
      const model = await this.#client.load(file, backend || undefined);
      const background = model.config.classes.flatMap((name, label) =>
        name === 'background' ? [label] : [],
      );
      const isOther = file !== this.#inUse.file || this.#state.model === undefined;
      this.#inUse = { file, backend };
      this.set({
        ...{ model, modelName: file.name, hidden: new Set(background) },
        ...(isOther && { longest: longestFor(model) }),
      });
    } catch (thrown) {
      if (this.#wanted === file) this.#wanted = this.#inUse.file;
      this.set({ backend: this.#inUse.backend });
      if (asked === this.#asked) this.fail(thrown);
      return;
    }
    if (asked !== this.#asked) return; // a picture came meanwhile, and waits in the worker
    this.#say('ready');
    const { picture, longest } = this.#state;
    if (picture && !this.#camera) {
      await this.#segment(pictureOf(picture.shown, picture.name, longest), 'ready, ');
    }
  }

  /** Lets another backend compute. */
  chooseBackend(backend: Backend | ''): void {
    this.set({ backend });
    void this.loadModel();
  }

  /** Lets the network see images at another size. */
  chooseLongest(longest: number): void {
    this.set({ longest });
    const { picture } = this.#state;
    if (picture && !this.#camera) void this.#segment(pictureOf(picture.shown, picture.name, longest));
  }

  async openImage(file: Blob, name: string): Promise<void> {
    this.closeCamera();
    const asked = ++this.#asked;
    this.#say('segmenting');
    try {
      const picture = await readPicture(file, name, this.#state.longest);
      if (asked === this.#asked) await this.#segment(picture);
    } catch (thrown) {
      if (asked === this.#asked) this.fail(thrown);
    }
  }

  async toggleCamera(): Promise<void> {
    if (this.#camera) return this.closeCamera();
    const asked = ++this.#asked;
    this.#say('opening camera');
    let camera: Camera;
    try {
      camera = await openCamera();
    } catch (thrown) {
      if (asked === this.#asked) this.fail(thrown);
      return;
    }
    if (asked !== this.#asked) return camera.stop(); // a picture was opened meanwhile
    this.#camera = camera;
    this.set({ isCameraOn: true });
    try {
      await this.#watch(camera);
    } catch (thrown) {
      if (this.#camera !== camera) return; // closed, in the middle of a frame
      this.closeCamera();
      this.fail(thrown);
    }
  }

  closeCamera(): void {
    this.#camera?.stop();
    this.#camera = undefined;
    this.set({ isCameraOn: false });
  }

  fail(thrown: unknown): void {
    const text = `error: ${thrown instanceof Error ? thrown.message : thrown}`;
    this.set({ status: { text, isError: true } });
  }

  get #state(): SegmentState {
    return this.#store.state;
  }

  /** Shows the picture at once, and its classes when they are there. */
  async #segment(picture: Picture, before = ''): Promise<void> {
    const asked = ++this.#asked;
    this.set({ picture, classes: undefined });
    this.#say('segmenting');
    try {
      const { classes, milliseconds } = await this.#client.segment(picture, ({ done, total }) => {
        if (asked === this.#asked) this.#say(`segmenting, ${done} of ${total} tiles`);
      });
      if (asked !== this.#asked) return;
      this.#showResult(picture, classes);
      this.#say(`${before}done ${Math.round(milliseconds)} ms${seenSize(picture)}`);
    } catch (thrown) {
      if (asked === this.#asked) this.fail(thrown);
    }
  }

  /** Segments one frame after the other until the camera is closed. */
  async #watch(camera: Camera): Promise<void> {
    while (this.#camera === camera) {
      const started = performance.now();
      const picture = pictureOf(await camera.frame(), 'camera', this.#state.longest);
      const { classes, milliseconds } = await this.#client.segment(picture);
      if (this.#camera !== camera) return;
      this.#showResult(picture, classes);
      const rate = 1000 / (performance.now() - started);
      this.#say(`done ${Math.round(milliseconds)} ms, ${rate.toFixed(1)} pictures per second`);
    }
  }

  #showResult(picture: Picture, classes: LabelImage): void {
    const names = this.#state.model?.config.classes ?? [];
    this.set({ picture, classes, shares: classShares(classes, names) });
  }

  #say(text: string): void {
    this.set({ status: { text, isError: false } });
  }
}
