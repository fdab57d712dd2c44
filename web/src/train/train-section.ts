import './train.css';
import { inputError, reasonOf } from '../../../src/base/errors.ts';
import type { Sample } from '../../../src/data/datasets/dataset.ts';
import { ignoreLabel, type LabelImage } from '../../../src/data/images/image.ts';
import { showClasses } from './class-editor.ts';
import { createClass, type DrawnClass, mostClasses } from './class-list.ts';
import { LabelEditor } from './label-editor.ts';
import { agreement, highestLabel, removeLabel } from './labels.ts';
import { layout } from './layout.ts';
import { createLossChart } from './loss-chart.ts';
import type { Plan, Report, Request } from './messages.ts';
import { NetworkForm } from './network-form.ts';
import { showNumbers } from './numbers.ts';
import { generateSamples, openImage } from './open-images.ts';
import { drawPicture } from './picture.ts';
import { showThumbnails } from './thumbnails.ts';

/** Longest side of images that are opened, in pixels: steps stay fast, and strokes of a few pixels suffice. */
const imageSide = 128;
const batchSize = 4;

/** Fills the section that trains a network. */
export function openTrainSection(section: HTMLElement): void {
  section.innerHTML = layout;
  const find = <T extends HTMLElement>(name: string) =>
    section.querySelector<T>(`[data-testid="train-${name}"], [data-part="${name}"]`)!;

  let samples: Sample[] = [];
  let isGenerated = false;
  let shown = 0;
  let classes: DrawnClass[] = [];
  let chosen = 0;
  let isErasing = false;
  let isTraining = false;
  let hasTrained = false;
  /** Resets that the worker has not come to: until then it speaks of what is gone. */
  let resets = 0;
  const predictions = new Map<Sample, LabelImage>();

  const canvas = find<HTMLCanvasElement>('canvas');
  const status = find('status');
  const chart = createLossChart(find('chart'));
  const networkForm = new NetworkForm(find('network'), find('rate'));
  const worker = startWorker();
  const send = (request: Request) => worker.postMessage(request);
  const editor = new LabelEditor({
    canvas,
    ring: find('ring'),
    brush: () => ({
      value: isErasing ? ignoreLabel : chosen,
      diameter: find<HTMLInputElement>('size').valueAsNumber,
    }),
    onPaint: drawLabels,
    onChange: (sample) => {
      drawThumbnail(samples.indexOf(sample));
      drawAgreement();
      if (isTraining) send({ type: 'label', index: samples.indexOf(sample), label: sample.label });
    },
  });

  function say(text: string, isError = false): void {
    status.textContent = text;
    status.classList.toggle('error', isError);
  }
  /** Runs what the user asked for; what goes wrong is said. */
  async function attempt(action: () => void | Promise<void>): Promise<void> {
    try {
      await action();
    } catch (thrown) {
      say(reasonOf(thrown), true);
    }
  }

  // Images

  async function loadGenerated(): Promise<void> {
    const made = await generateSamples();
    samples = made.samples;
    classes = made.classes.map(createClass);
    isGenerated = true;
    await restart();
    showSamples(0);
  }

  async function addImages(files: readonly File[]): Promise<void> {
    const opened: Sample[] = [];
    for (const file of files) opened.push(await openImage(file, imageSide));
    if (opened.length === 0) return;
    if (isGenerated) {
      samples = [];
      classes = ['background', 'object'].map(createClass);
      chosen = 1;
      isGenerated = false;
      await restart();
    }
    samples.push(...opened);
    if (isTraining) start();
    showSamples(samples.length - opened.length);
    say('paint a few strokes of each class, then press Train');
  }

  function showSamples(index: number): void {
    shown = index;
    showThumbnails(find('thumbnails'), samples, showSample);
    for (const number of samples.keys()) drawThumbnail(number);
    showSample(index);
    drawClasses();
  }

  function showSample(index: number): void {
    shown = index;
    for (const [number, button] of [...find('thumbnails').children].entries()) {
      button.setAttribute('aria-pressed', String(number === index));
    }
    editor.edit(samples[index]);
    drawLabels();
    drawPrediction();
    if (hasTrained) send({ type: 'show', index });
  }

  // Drawing

  const colors = () => classes.map(({ color }) => color);
  const opacity = () => find<HTMLInputElement>('opacity').valueAsNumber / 100;

  function drawLabels(): void {
    const sample = samples[shown];
    if (sample) drawPicture(canvas, sample.image, sample.label, colors(), opacity());
  }

  function drawPrediction(): void {
    const sample = samples[shown];
    if (!sample) return;
    drawPicture(find('prediction'), sample.image, predictions.get(sample), colors(), opacity());
    drawAgreement();
  }

  function drawThumbnail(index: number): void {
    const thumbnail = find('thumbnails').children[index]?.querySelector('canvas');
    const { image, label } = samples[index]!;
    if (thumbnail) drawPicture(thumbnail, image, label, colors(), 0.6);
  }

  function drawAgreement(): void {
    const sample = samples[shown];
    const share = sample && agreement(sample.label, predictions.get(sample));
    find('agreement').textContent = share === undefined ? '' : `${Math.round(100 * share)} % agree`;
  }

  function drawAll(): void {
    drawLabels();
    drawPrediction();
    for (const index of samples.keys()) drawThumbnail(index);
  }

  // Classes

  function drawClasses(): void {
    const list = find('classes');
    showClasses(classes, isErasing ? undefined : chosen, {
      list,
      onChoose: (index) => {
        chosen = index;
        setErasing(false);
      },
      onChange: (index, change) =>
        attempt(() => {
          const name = change.name?.trim() ?? classes[index]!.name;
          const isTaken = classes.some((other, i) => i !== index && other.name === name);
          if (name === '' || isTaken) {
            drawClasses();
            throw inputError(
              `class ${index}: got ${name === '' ? 'no name' : `the name '${name}' twice`}, expected a name of its own`,
            );
          }
          classes[index] = { ...classes[index]!, ...change, name };
          if (change.color) drawAll();
          else drawClasses();
        }),
      onRemove: removeClass,
    });
    find<HTMLButtonElement>('add-class').disabled = classes.length >= mostClasses;
  }

  function addClass(): void {
    const taken = new Set(classes.map(({ name }) => name));
    let number = classes.length;
    while (taken.has(`class ${number}`)) number += 1;
    classes.push(createClass(`class ${number}`, classes.length));
    chosen = classes.length - 1;
    setErasing(false);
    classesChanged();
    const added = find('classes').lastElementChild?.querySelector<HTMLInputElement>('input[type=text]');
    added?.select();
  }

  function removeClass(index: number): void {
    classes.splice(index, 1);
    chosen = Math.min(chosen, classes.length - 1);
    for (const sample of samples) {
      removeLabel(sample.label, index);
      editor.forget(sample);
    }
    classesChanged();
  }

  /** Numbers mean other classes now: predictions that there are do not. */
  function classesChanged(): void {
    predictions.clear();
    drawClasses();
    drawAll();
    if (isTraining) start();
  }

  function setErasing(value: boolean): void {
    isErasing = value;
    find('erase').setAttribute('aria-pressed', String(value));
    const radios = find('classes').querySelectorAll<HTMLInputElement>('input[type=radio]');
    for (const [index, radio] of radios.entries()) radio.checked = !value && index === chosen;
  }

  // Training

  const named = () => classes.map(({ key, name }) => ({ key, name }));

  function planned(): Plan {
    const { model, width, learningRate } = networkForm.read();
    const cropSize = Math.max(...samples.map(({ image }) => Math.max(image.width, image.height)));
    const settings = { batchSize, learningRate, momentum: 0.9, weightDecay: 5e-4, cropSize, seed: 0 };
    return { model, width, classes: named(), settings };
  }

  function start(): void {
    void attempt(() => {
      send({ type: 'start', plan: planned(), samples, shown });
      setTraining(true);
      if (!hasTrained) say('preparing the network');
    });
  }

  function setTraining(value: boolean): void {
    isTraining = value;
    find<HTMLButtonElement>('start').disabled = value;
    find<HTMLButtonElement>('stop').disabled = !value;
    find('start').textContent = hasTrained ? 'Continue' : 'Train';
    find<HTMLButtonElement>('reset').disabled = !hasTrained;
    find<HTMLButtonElement>('download').disabled = !hasTrained;
  }

  /** Forgets what was learned. */
  async function restart(): Promise<void> {
    send({ type: 'reset' });
    resets += 1;
    hasTrained = false;
    predictions.clear();
    chart.clear();
    showNumbers(find, { iteration: 0 });
    setTraining(false);
    drawPrediction();
  }

  function hear(report: Report): void {
    if (report.type === 'forgotten') resets -= 1;
    if (resets > 0 && ['started', 'step', 'prediction', 'stopped'].includes(report.type)) return;
    switch (report.type) {
      case 'ready':
        say(isGenerated ? 'ready: press Train, or open images of your own' : 'ready');
        find('threads').textContent =
          `WebAssembly on ${report.threads} thread${report.threads === 1 ? '' : 's'}, batches of ${batchSize} images`;
        break;
      case 'started':
        say(['training', report.note].filter(Boolean).join(': '));
        break;
      case 'step':
        hasTrained = true;
        if (find<HTMLButtonElement>('download').disabled) setTraining(isTraining);
        showNumbers(find, report);
        if (report.iteration === 1) chart.clear(); // another training has begun
        chart.add(report.iteration, report.loss);
        break;
      case 'prediction': {
        const sample = samples[report.index];
        if (sample?.image.width !== report.label.width || sample.image.height !== report.label.height) break;
        predictions.set(sample, report.label);
        if (report.index === shown) drawPrediction();
        break;
      }
      case 'stopped':
        setTraining(false);
        say('stopped: continue, or download the weights');
        break;
      case 'saved':
        download(report.bytes, 'fcn.safetensors');
        say(`saved: fcn predict --weights fcn.safetensors --out DIR IMAGE`);
        break;
      case 'loaded':
        adopt(report);
        break;
      case 'error':
        hasTrained &&= report.hasTraining;
        setTraining(false);
        say(report.message, true);
        break;
    }
  }

  /** Takes the network and, where the labels allow it, the classes of a file. */
  function adopt({ name, config }: Extract<Report, { type: 'loaded' }>): void {
    const { model, classes: names } = config;
    networkForm.adopt(config);
    const isSame = names.join('\n') === classes.map((c) => c.name).join('\n');
    if (!isSame && highestLabel(samples) < names.length && names.length <= mostClasses) {
      classes = names.map(createClass);
      chosen = Math.min(chosen, classes.length - 1);
      predictions.clear();
      drawClasses();
      drawAll();
    }
    const kept = names.join('\n') === classes.map((c) => c.name).join('\n');
    find('start').textContent = 'Continue';
    say(
      `${name}: ${model} with ${names.length} classes; press Continue` +
        (kept ? '' : '. Its classes are not those drawn here: the scores will start anew'),
    );
  }

  function startWorker(): Worker {
    const created = new Worker(new URL('./training-worker.ts', import.meta.url), { type: 'module' });
    created.onmessage = ({ data }: MessageEvent<Report>) => hear(data);
    created.onerror = (event) => {
      setTraining(false);
      say(
        `training: the browser could not start it (${event.message || 'no reason given'}); reload the page`,
        true,
      );
    };
    return created;
  }

  async function openFiles(files: readonly File[]): Promise<void> {
    const weights = files.filter(({ name }) => /\.safetensors$/i.test(name));
    await addImages(files.filter((file) => !weights.includes(file)));
    for (const file of weights) {
      send({ type: 'load', name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
    }
  }

  // What the user does

  const onClick = (name: string, action: () => void | Promise<void>) =>
    find(name).addEventListener('click', () => void attempt(action));
  onClick('generated', loadGenerated);
  onClick('undo', () => editor.undo());
  onClick('clear', () => editor.clear());
  onClick('erase', () => setErasing(!isErasing));
  onClick('add-class', addClass);
  onClick('start', start);
  onClick('stop', () => send({ type: 'stop' }));
  onClick('reset', restart);
  onClick('download', () => send({ type: 'save', classes: named() }));
  for (const name of ['images', 'weights']) {
    const picker = find<HTMLInputElement>(name);
    picker.addEventListener('change', () => {
      const files = [...(picker.files ?? [])];
      picker.value = ''; // so that the same file can be chosen again
      void attempt(() => openFiles(files));
    });
  }
  find('opacity').addEventListener('input', () => {
    drawLabels();
    drawPrediction();
  });
  document.addEventListener('dragover', (event) => {
    if (!section.hidden) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    if (section.hidden) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    void attempt(() => openFiles(files));
  });
  window.addEventListener('keydown', (event) => {
    const isTyping = (event.target as Element).matches('input:not([type=radio], [type=range]), select');
    if (section.hidden || isTyping) return;
    if ((event.ctrlKey || event.metaKey) && event.key === 'z') {
      event.preventDefault();
      editor.undo();
    } else if (/^[1-9]$/.test(event.key) && Number(event.key) <= classes.length && !event.ctrlKey) {
      chosen = Number(event.key) - 1;
      setErasing(false);
    }
  });

  void attempt(loadGenerated);
}

function download(bytes: Uint8Array, name: string): void {
  const address = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  const link = Object.assign(document.createElement('a'), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
