import { FcnError, inputError, reasonOf } from '../../../src/base/errors.ts';
import type { RgbSample } from '../../../src/data/datasets/dataset.ts';
import { encodeModel } from '../../../src/engine/graph/encode.ts';
import { Graph } from '../../../src/engine/graph/graph.ts';
import type { Runtime } from '../../../src/engine/runtimes/session.ts';
import { readModel, writeModel } from '../../../src/library/web/model-file.ts';
import { isLabeled, Training } from '../../../src/library/web/training.ts';
import type { Model } from '../../../src/weights/model.ts';
import { checkSamples, noLabels } from './check-samples.ts';
import { firstModel, isSameClasses, isSameNetwork, namesOf } from './first-model.ts';
import type { NamedClass, Plan, Report, Request } from './messages.ts';

/** Time between two predictions while the network learns. */
const predictionMilliseconds = 400;
/** Trains as the page asks, and tells it how it goes. Everything asked is done one thing after the other. */
export class TrainingLoop {
  readonly #open: () => Promise<Runtime>;
  #opened: Promise<Runtime> | undefined;
  readonly #threads: number;
  readonly #report: (message: Report, transfer?: Transferable[]) => void;
  #queue: Promise<void> = Promise.resolve();
  /** The run that is under way; each start is another, so that what an earlier one has still to come does nothing. */
  #run: object | undefined;
  #samples: RgbSample[] = [];
  #shown = 0;
  #training: Training | undefined;
  /** The plan of the training that there is. */
  #plan: Plan | undefined;
  /** A file's network, until a training starts from it. */
  #loaded: Model | undefined;
  #predictedAt = 0;

  /** @param open gives the runtime, once: which one may have to be measured first */
  constructor(
    open: () => Promise<Runtime>,
    threads: number,
    report: (message: Report, transfer?: Transferable[]) => void,
  ) {
    this.#open = open;
    this.#threads = threads;
    this.#report = report;
  }

  /** Loads the runtime, by a graph that does nothing. */
  warmUp(): Promise<void> {
    return this.#enqueue(async () => {
      const graph = new Graph();
      const x = graph.input('x', 'float32', [1]);
      graph.output('y', graph.emit('Relu', [x]), 'float32', [1]);
      const runtime = await this.#runtime();
      const session = await runtime.createSession(encodeModel(graph, 'nothing'), {
        threads: this.#threads,
      });
      await session.release();
      this.#report({ type: 'ready', threads: this.#threads, device: runtime.device });
    });
  }

  #runtime(): Promise<Runtime> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  handle(request: Request): Promise<void> {
    // What is for now must not wait until the end of a step.
    if (request.type === 'stop' || request.type === 'reset') this.#run = undefined;
    return this.#enqueue(() => this.#do(request));
  }

  async #do(request: Request): Promise<void> {
    switch (request.type) {
      case 'start':
        return this.#start(request.plan, request.samples, request.shown);
      case 'stop':
        this.#report({ type: 'stopped' });
        return this.#predict();
      case 'reset':
        await this.#training?.release();
        this.#training = undefined;
        this.#loaded = undefined;
        return this.#report({ type: 'forgotten' });
      case 'label':
        return this.#changeLabel(request.index, request.label);
      case 'show':
        this.#shown = request.index;
        return this.#predict();
      case 'save':
        return this.#save(request.classes);
      case 'load':
        this.#loaded = readModel(request.bytes, request.name);
        this.#report({ type: 'loaded', name: request.name, config: this.#loaded.config });
    }
  }

  async #start(plan: Plan, samples: readonly RgbSample[], shown: number): Promise<void> {
    this.#samples = [...samples];
    this.#shown = shown;
    checkSamples(samples, plan);
    const note = await this.#prepare(plan);
    this.#training!.setSamples(this.#samples);
    this.#report({ type: 'started', note });
    this.#run = {};
    this.#goOn(this.#run);
  }

  /** Makes the training that the plan asks for, with what is known already. @returns what became of that, in words. */
  async #prepare(plan: Plan): Promise<string> {
    const before = this.#training;
    const previous = this.#plan;
    this.#plan = plan;
    if (
      before &&
      previous &&
      !this.#loaded &&
      isSameNetwork(previous, plan) &&
      isSameClasses(previous, plan)
    ) {
      if (JSON.stringify(previous.settings) === JSON.stringify(plan.settings)) {
        before.renameClasses(namesOf(plan.classes));
        return before.iteration === 0 ? '' : `continues after ${before.iteration} steps`;
      }
    }
    await before?.read();
    const { model, note, iteration } = firstModel(
      plan,
      this.#loaded,
      before && previous && { training: before, plan: previous },
    );
    const settings = { ...plan.settings, threads: this.#threads };
    this.#training = undefined;
    await before?.release();
    this.#training = await Training.create(await this.#runtime(), model, settings);
    this.#training.iteration = iteration;
    this.#loaded = undefined;
    return note;
  }

  /** Takes its turn after what the page has asked meanwhile. */
  #goOn(run: object): void {
    // A macrotask: messages of the page come in between.
    setTimeout(() => this.#enqueue(() => this.#step(run)));
  }

  async #step(run: object): Promise<void> {
    const training = this.#training;
    if (this.#run !== run || !training) return;
    const started = performance.now();
    const loss = await training.step();
    const milliseconds = performance.now() - started;
    if (!Number.isFinite(loss)) throw await this.#diverged(training);
    this.#report({ type: 'step', iteration: training.iteration, loss, milliseconds });
    if (performance.now() - this.#predictedAt > predictionMilliseconds) await this.#predict();
    this.#goOn(run);
  }

  async #predict(): Promise<void> {
    const sample = this.#samples[this.#shown];
    if (!this.#training || !sample) return;
    await this.#training.read();
    if (!this.#training.isFinite()) throw await this.#diverged(this.#training);
    const label = await this.#training.segment(sample.image);
    this.#predictedAt = performance.now();
    this.#report({ type: 'prediction', index: this.#shown, label });
  }

  /** Weights that are no numbers are of no use to anyone: the next training starts anew. */
  async #diverged(training: Training): Promise<Error> {
    const { iteration, settings } = training;
    await training.release();
    this.#training = undefined;
    return inputError(
      `training: got a loss that is not a number after ${iteration} steps at learning rate ${settings.learningRate}, ` +
        'expected it to fall; choose a lower learning rate and train again',
    );
  }

  #changeLabel(index: number, label: RgbSample['label']): void {
    this.#samples[index] = { ...this.#samples[index]!, label };
    if (!this.#training) return;
    if (!this.#samples.some(isLabeled)) throw noLabels();
    this.#training.setSamples(this.#samples);
  }

  async #save(classes: readonly NamedClass[]): Promise<void> {
    if (!this.#training || !this.#plan) {
      throw inputError('download: got no trained network, expected one; press Train first');
    }
    await this.#training.read();
    // Names may have changed since the training began. For other classes it has learned nothing yet.
    if (isSameClasses(this.#plan, { classes })) this.#training.renameClasses(namesOf(classes));
    const bytes = writeModel(this.#training.model);
    this.#report({ type: 'saved', bytes }, [bytes.buffer]);
  }

  #enqueue(work: () => Promise<void> | void): Promise<void> {
    this.#queue = this.#queue.then(work).catch((thrown: unknown) => {
      this.#run = undefined;
      if (!(thrown instanceof FcnError)) console.error(thrown);
      this.#report({ type: 'error', message: reasonOf(thrown), hasTraining: this.#training !== undefined });
    });
    return this.#queue;
  }
}
