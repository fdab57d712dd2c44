import type { RgbSample } from '../../../src/data/datasets/dataset.ts';
import { download } from '../download.ts';
import type { Store } from '../store.ts';
import { adoptClasses, hasClasses, withoutPrediction } from './class-changes.ts';
import type { Drawing } from './drawing.ts';
import { addLoss } from './loss-curve.ts';
import type { NamedClass, Plan, Report, Request } from './messages.ts';
import { adoptNetwork, readSettings } from './networks.ts';
import { batchSize, notTrained, type TrainState } from './train-state.ts';

/** The worker that trains, as the page sees it: asks, and puts what it hears into the state of the section. */
export class TrainingClient {
  readonly #store: Store<TrainState>;
  readonly #worker: Worker;
  /** Resets that the worker has not come to: until then it speaks of what is gone. */
  #resets = 0;

  constructor(store: Store<TrainState>) {
    this.#store = store;
    // For tests and comparisons: ?device=webgpu or ?device=cpu; else what is right and faster.
    const name = new URLSearchParams(location.search).get('device') ?? 'auto';
    this.#worker = new Worker(new URL('./training-worker.ts', import.meta.url), { type: 'module', name });
    this.#worker.onmessage = ({ data }: MessageEvent<Report>) => this.#hear(data);
    this.#worker.onerror = ({ message }) => {
      store.update({ isTraining: false });
      this.#say(
        `training: the browser could not start it (${message || 'no reason given'}); reload the page`,
        true,
      );
    };
  }

  /** Trains on, or with what has changed. @throws FcnError when the learning rate is none. */
  start(): void {
    const { state } = this.#store;
    const samples = state.drawings.map(sampleOf);
    this.#send({ type: 'start', plan: planOf(state), samples, shown: state.shown });
    this.#store.update({ isTraining: true });
    if (!state.hasTrained) this.#say('preparing the network');
  }

  stop(): void {
    this.#send({ type: 'stop' });
  }

  /** Forgets what was learned. */
  reset(): void {
    this.#send({ type: 'reset' });
    this.#resets += 1;
    this.#store.update({ ...notTrained, drawings: this.#store.state.drawings.map(withoutPrediction) });
  }

  /** Tells of a label that has changed while the network learns from it. */
  changeLabel(index: number): void {
    const { isTraining, drawings } = this.#store.state;
    if (isTraining) this.#send({ type: 'label', index, label: drawings[index]!.label });
  }

  /** Asks for the prediction of the drawing that is shown. */
  predict(): void {
    const { hasTrained, shown } = this.#store.state;
    if (hasTrained) this.#send({ type: 'show', index: shown });
  }

  save(): void {
    this.#send({ type: 'save', classes: namedClasses(this.#store.state) });
  }

  async load(file: File): Promise<void> {
    this.#send({ type: 'load', name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
  }

  #send(request: Request): void {
    this.#worker.postMessage(request);
  }

  #say(text: string, isError = false): void {
    this.#store.update({ status: { text, isError } });
  }

  #hear(report: Report): void {
    if (report.type === 'forgotten') this.#resets -= 1;
    if (this.#resets > 0 && ['started', 'step', 'prediction', 'stopped'].includes(report.type)) return;
    const { state } = this.#store;
    switch (report.type) {
      case 'ready':
        this.#store.update({ threads: report.threads, device: report.device });
        this.#say(state.areGenerated ? 'ready: press Train, or open images of your own' : 'ready');
        break;
      case 'started':
        this.#say(['training', report.note].filter(Boolean).join(': '));
        break;
      case 'step': {
        const { iteration, loss, milliseconds } = report;
        const curve = addLoss(state.curve, iteration, loss);
        this.#store.update({ hasTrained: true, progress: { iteration, loss, milliseconds }, curve });
        break;
      }
      case 'prediction':
        this.#store.update({ drawings: withPrediction(state.drawings, report) });
        break;
      case 'stopped':
        this.#store.update({ isTraining: false });
        this.#say('stopped: continue, or download the weights');
        break;
      case 'saved':
        download(report.bytes, 'fcn.safetensors');
        this.#say('saved: fcn predict --weights fcn.safetensors --out DIR IMAGE');
        break;
      case 'loaded':
        this.#adopt(report);
        break;
      case 'error':
        this.#store.update({ isTraining: false, hasTrained: state.hasTrained && report.hasTraining });
        this.#say(report.message, true);
        break;
    }
  }

  /** Takes the network and, where the labels allow it, the classes of a file. */
  #adopt({ name, config }: Extract<Report, { type: 'loaded' }>): void {
    const { state } = this.#store;
    this.#store.update({
      ...adoptNetwork(state, config),
      ...adoptClasses(state, config.classes),
      hasFile: true,
    });
    const isSame = hasClasses(this.#store.state, config.classes);
    this.#say(
      `${name}: ${config.model} with ${config.classes.length} classes; press Continue` +
        (isSame ? '' : '. Its classes are not those drawn here: the scores will start anew'),
    );
  }
}

function planOf(state: TrainState): Plan {
  const { model, width, learningRate } = readSettings(state);
  const cropSize = Math.max(...state.drawings.map(({ image }) => Math.max(image.width, image.height)));
  const settings = { batchSize, learningRate, momentum: 0.9, weightDecay: 5e-4, cropSize, seed: 0 };
  return { model, width, classes: namedClasses(state), settings };
}

function namedClasses({ classes }: TrainState): NamedClass[] {
  return classes.map(({ key, name }) => ({ key, name }));
}

function sampleOf({ id, image, label }: Drawing): RgbSample {
  return { id, image, label };
}

function withPrediction(
  drawings: readonly Drawing[],
  { index, label }: Extract<Report, { type: 'prediction' }>,
): readonly Drawing[] {
  return drawings.map((drawing, i) => {
    const { width, height } = drawing.image;
    const isOfIt = i === index && width === label.width && height === label.height;
    return isOfIt ? { ...drawing, prediction: label } : drawing;
  });
}
