import './segment.css';
import {
  type Backend,
  classShares,
  encodeLabelPng,
  type LabelImage,
  vocPalette,
} from '../../../src/library/web/index.ts';
import { byId } from '../by-id.ts';
import { type Camera, openCamera } from './camera.ts';
import { listenForFiles } from './file-sources.ts';
import { LegendView } from './legend-view.ts';
import type { LoadedModel } from './messages.ts';
import { type Picture, pictureOf, readPicture } from './picture.ts';
import { PictureView } from './picture-view.ts';
import { type ModelFile, SegmentClient } from './segment-client.ts';

/** Fills the section that segments images, and loads the model. */
export function openSegmentSection(section: HTMLElement): void {
  new SegmentSection(section).start();
}

/** What the network saw, and what it said. */
interface Result {
  readonly picture: Picture;
  readonly classes: LabelImage;
}

class SegmentSection {
  private readonly client = new SegmentClient();
  private readonly view = new PictureView((point) => this.showPoint(point));
  private readonly legend = new LegendView((label, on) => this.switchClass(label, on));
  private readonly hidden = new Set<number>();
  private model: LoadedModel | undefined;
  private modelFile: ModelFile = addressedModel();
  /** Of the model in use; '' for the fastest. */
  private chosenBackend: Backend | '' = '';
  private picture: Picture | undefined;
  private result: Result | undefined;
  private camera: Camera | undefined;
  /** Counts what was asked for: answers to anything but the last question are dropped. */
  private asked = 0;

  constructor(private readonly section: HTMLElement) {}

  start(): void {
    listenForFiles(
      {
        image: (file, name) => void this.openImage(file, name),
        model: (file) => void this.loadModel({ model: file, name: file.name }),
        failed: (message) => this.fail(new Error(message)),
      },
      () => !this.section.hidden,
    );
    const opacity = byId('opacity', HTMLInputElement);
    const setOpacity = () => this.view.setOpacity(Number(opacity.value) / 100);
    opacity.addEventListener('input', setOpacity);
    setOpacity();
    byId('download').addEventListener('click', () => this.download());
    byId('camera').addEventListener('click', () => void this.toggleCamera());
    byId('backend').addEventListener('change', () => void this.loadModel(this.modelFile));
    byId('longest').addEventListener('change', () => this.segmentAgain());
    // A camera that nobody sees is not watched.
    document.addEventListener('visibilitychange', () => document.hidden && this.closeCamera());
    window.addEventListener('hashchange', () => this.section.hidden && this.closeCamera());
    void this.loadModel(this.modelFile);
  }

  private async loadModel(file: ModelFile): Promise<void> {
    const asked = ++this.asked;
    this.say('loading model');
    const choice = byId('backend', HTMLSelectElement);
    const chosen = choice.value as Backend | '';
    try {
      this.model = await this.client.load(file, chosen || undefined);
    } catch (thrown) {
      choice.value = this.chosenBackend;
      if (asked === this.asked) this.fail(thrown);
      return;
    }
    this.modelFile = file;
    this.chosenBackend = chosen;
    this.describeModel(file.name);
    this.hidden.clear();
    for (const [label, name] of this.model.config.classes.entries()) {
      if (name === 'background') this.hidden.add(label);
    }
    if (asked !== this.asked) return; // a picture came meanwhile, and waits in the worker
    this.say('ready');
    if (this.picture && !this.camera) await this.segment(this.picture, 'ready, ');
  }

  private async openImage(file: Blob, name: string): Promise<void> {
    this.closeCamera();
    const asked = ++this.asked;
    this.say('segmenting');
    try {
      const picture = await readPicture(file, name, longestSide());
      if (asked === this.asked) await this.segment(picture);
    } catch (thrown) {
      if (asked === this.asked) this.fail(thrown);
    }
  }

  private segmentAgain(): void {
    if (!this.picture || this.camera) return;
    const { shown, name } = this.picture;
    void this.segment(pictureOf(shown, name, longestSide()));
  }

  /** Shows the picture at once, and its classes when they are there. */
  private async segment(picture: Picture, before = ''): Promise<void> {
    const asked = ++this.asked;
    this.picture = picture;
    this.result = undefined;
    this.view.showImage(picture);
    byId('download', HTMLButtonElement).disabled = true;
    this.say('segmenting');
    try {
      const { classes, milliseconds } = await this.client.segment(picture);
      if (asked !== this.asked) return;
      this.showResult({ picture, classes });
      this.say(`${before}done ${Math.round(milliseconds)} ms${seenSize(picture)}`);
    } catch (thrown) {
      if (asked === this.asked) this.fail(thrown);
    }
  }

  private showResult(result: Result): void {
    this.result = result;
    this.view.showFrame(result.picture, result.classes, this.hidden);
    this.legend.show(classShares(result.classes, this.classNames()), this.hidden);
    byId('result').hidden = false;
    byId('download', HTMLButtonElement).disabled = false;
  }

  private classNames(): readonly string[] {
    return this.model?.config.classes ?? [];
  }

  private switchClass(label: number, on: boolean): void {
    if (on) this.hidden.delete(label);
    else this.hidden.add(label);
    if (!this.result) return;
    this.view.drawClasses(this.result.classes, this.hidden);
    this.legend.show(classShares(this.result.classes, this.classNames()), this.hidden);
  }

  private showPoint(point: { x: number; y: number } | undefined): void {
    const classes = this.result?.classes;
    const label = point && classes?.data[point.y * classes.width + point.x];
    this.legend.point(label);
    const name = label === undefined ? '' : (this.classNames()[label] ?? `class ${label}`);
    byId('readout').textContent = point && name ? `${name} at ${point.x}, ${point.y}` : '';
  }

  private async toggleCamera(): Promise<void> {
    if (this.camera) return this.closeCamera();
    const asked = ++this.asked;
    this.say('opening camera');
    let camera: Camera;
    try {
      camera = await openCamera();
    } catch (thrown) {
      if (asked === this.asked) this.fail(thrown);
      return;
    }
    if (asked !== this.asked) return camera.stop(); // a picture was opened meanwhile
    this.camera = camera;
    byId('camera').setAttribute('aria-pressed', 'true');
    byId('status').setAttribute('aria-live', 'off'); // not every frame is news
    try {
      await this.watch(camera);
    } catch (thrown) {
      if (this.camera !== camera) return; // closed, in the middle of a frame
      this.closeCamera();
      this.fail(thrown);
    }
  }

  /** Segments one frame after the other until the camera is closed. */
  private async watch(camera: Camera): Promise<void> {
    while (this.camera === camera) {
      const started = performance.now();
      const picture = pictureOf(await camera.frame(), 'camera', longestSide());
      const { classes, milliseconds } = await this.client.segment(picture);
      if (this.camera !== camera) return;
      this.picture = picture;
      this.showResult({ picture, classes });
      const rate = 1000 / (performance.now() - started);
      this.say(`done ${Math.round(milliseconds)} ms, ${rate.toFixed(1)} pictures a second`);
    }
  }

  private closeCamera(): void {
    this.camera?.stop();
    this.camera = undefined;
    byId('camera').setAttribute('aria-pressed', 'false');
    byId('status').removeAttribute('aria-live');
  }

  private download(): void {
    if (!this.result) return;
    const { picture, classes } = this.result;
    const png = encodeLabelPng(classes, vocPalette()) as Uint8Array<ArrayBuffer>;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([png], { type: 'image/png' }));
    link.download = `${picture.name.replace(/\.[^.]*$/, '')}.mask.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  private describeModel(file: string): void {
    const { config, backend, threads } = this.model!;
    const engine = {
      webgpu: 'WebGPU',
      wasm: `WebAssembly, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    }[backend];
    const title = document.createElement('strong');
    title.textContent = file;
    byId('model').replaceChildren(title, `${config.model}, ${config.numClasses} classes, on ${engine}`);
  }

  private say(text: string): void {
    byId('status').classList.remove('error');
    byId('status').textContent = text;
  }

  private fail(thrown: unknown): void {
    byId('status').classList.add('error');
    byId('status').textContent = `error: ${thrown instanceof Error ? thrown.message : thrown}`;
  }
}

/** The model that the page's address names with ?model=, or the one that comes with the page. */
function addressedModel(): ModelFile {
  const address = new URLSearchParams(location.search).get('model') ?? './model/shapes.onnx';
  const model = new URL(address, document.baseURI).href;
  return { model, name: model.split(/[?#]/)[0]!.split('/').pop() || address };
}

/** The longest side of an image that the network is to see; 0 for the image's own. */
function longestSide(): number {
  return Number(byId('longest', HTMLSelectElement).value);
}

function seenSize({ width, height, pixels }: Picture): string {
  return pixels.width === width && pixels.height === height
    ? ''
    : `, seen as ${pixels.width}x${pixels.height}`;
}
