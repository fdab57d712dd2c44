import { describe, expect, it } from 'vitest';
import { allocate, tensorOf } from '../../src/base/tensor.ts';
import type { RgbSample } from '../../src/data/datasets/dataset.ts';
import { nativeRuntime } from '../../src/engine/runtimes/native/native-runtime.ts';
import type { Runtime } from '../../src/engine/runtimes/session.ts';
import { webRuntime } from '../../src/engine/runtimes/web/web-runtime.ts';
import { rowOf } from '../../src/engine/training/row.ts';
import { parseSafetensors } from '../../src/weights/safetensors/safetensors-bytes.ts';
import { paintStroke } from '../../web/src/train/brush.ts';
import { removeLabel } from '../../web/src/train/labels.ts';
import type { Plan, Report } from '../../web/src/train/messages.ts';
import { generateSamples } from '../../web/src/train/open-images.ts';
import { TrainingLoop } from '../../web/src/train/training-loop.ts';

const names = ['background', 'striped disc', 'dotted square', 'checkered triangle'];
const plan: Plan = {
  ...{ model: 'fcn8s-squeezenet', width: 1 / 8 },
  classes: names.map((name, key) => ({ key, name })),
  settings: { batchSize: 2, learningRate: 0.01, momentum: 0.9, weightDecay: 5e-4, cropSize: 96, seed: 0 },
};

/** A loop whose reports are kept. */
function createLoop(runtime: Runtime = nativeRuntime) {
  const reports: Report[] = [];
  let heard = () => {};
  const loop = new TrainingLoop(
    async () => runtime,
    1,
    (report) => {
      reports.push(report);
      heard();
    },
  );
  const of = <T extends Report['type']>(type: T) =>
    reports.filter((report) => report.type === type) as Extract<Report, { type: T }>[];
  /** Stops right after a step, and waits until it has stopped. */
  const trainUntil = async (iteration: number, samples: readonly RgbSample[], changed: Plan = plan) => {
    await new Promise<void>((resolve) => {
      heard = () => {
        const last = reports.at(-1)!;
        if (last.type === 'error' || (last.type === 'step' && last.iteration === iteration)) resolve();
      };
      void loop.handle({ type: 'start', plan: changed, samples, shown: 0 });
    });
    heard = () => {};
    await loop.handle({ type: 'stop' });
  };
  return { loop, of, trainUntil, losses: () => of('step').map(({ loss }) => loss) };
}

describe('training in steps that the page asks for', () => {
  it('continues after a stop as if it had not been stopped', async () => {
    const { samples } = await generateSamples();
    const whole = createLoop();
    await whole.trainUntil(8, samples);
    const parts = createLoop();
    await parts.trainUntil(3, samples);
    const renamed = { ...plan, classes: plan.classes.map(({ key, name }) => ({ key, name: `my ${name}` })) };
    await parts.trainUntil(8, samples, renamed);
    expect(parts.losses()).toEqual(whole.losses());
    expect(parts.of('started').map(({ note }) => note)).toEqual([
      'starts from random weights',
      'continues after 3 steps',
    ]);
    expect(parts.of('error')).toEqual([]);
    expect(parts.of('prediction').at(-1)?.label.data.length).toBe(96 * 96);
  });

  it('keeps the features when classes change, and begins their scores anew', async () => {
    const { samples } = await generateSamples();
    const { loop, trainUntil, of } = createLoop();
    await trainUntil(2, samples);
    await loop.handle({ type: 'save', classes: plan.classes });
    await trainUntil(3, samples, { ...plan, classes: [...plan.classes, { key: 9, name: 'other' }] });
    expect(of('started').at(-1)?.note).toMatch(/^continues .*score layers start over/);
    await loop.handle({ type: 'save', classes: plan.classes });
    const [before, after] = of('saved').map(({ bytes }) => parseSafetensors(bytes, 'saved').tensors);
    expect(before!.get('score_fr.weight')!.shape[0]).toBe(4);
    expect(after!.get('score_fr.weight')!.shape[0]).toBe(5);
    expect(of('step').at(-1)?.loss).toBeCloseTo(Math.log(5), 4); // scores that are zero
  });

  it('takes the same steps on WebAssembly', async () => {
    const { samples } = await generateSamples();
    const [native, web] = [createLoop(), createLoop(webRuntime())];
    await native.trainUntil(4, samples);
    await web.trainUntil(4, samples);
    expect(web.losses()).toHaveLength(4);
    for (const [step, loss] of web.losses().entries()) expect(loss).toBeCloseTo(native.losses()[step]!, 4);
  });
});

describe('the runtime on WebAssembly', () => {
  it('names an output of another shape, and what a graph refuses', async () => {
    const runtime = webRuntime();
    await expect(runtime.createSession(new Uint8Array(8), { threads: 1 })).rejects.toThrow(
      /^ONNX Runtime: loading the graph: /,
    );
    const { compileUpdate } = await import('../../src/networks/graphs/training.ts');
    const graph = compileUpdate([{ name: 'w', shape: [2] }], { momentum: 0, weightDecay: 0 });
    const session = await runtime.createSession(graph, { threads: 1 });
    const inputs = {
      ...{ w: tensorOf('float32', [2], [1, 2]), 'w.momentum': allocate('float32', rowOf(2)) },
      'w.gradient': tensorOf('float32', rowOf(2), [10, 20]),
      ...{ learning_rate: tensorOf('float32', [1], [0.5]), gradient_scale: tensorOf('float32', [1], [0.1]) },
    };
    // The new weights go where the old ones are.
    const next = { ...inputs.w, shape: rowOf(2) };
    await session.run(inputs, { 'w.next': next, 'w.momentum.next': inputs['w.momentum'] });
    expect([...inputs.w.data]).toEqual([0.5, 1]);
    await expect(session.run(inputs, { 'w.next': allocate('float32', rowOf(3)) })).rejects.toThrow(
      /output w\.next: got float32 \[1, 1, 1, 2\], expected float32 \[1, 1, 1, 3\]/,
    );
    await expect(session.run({}, { 'w.next': next })).rejects.toThrow(/^ONNX Runtime: running the graph: /);
    await session.release();
    await expect(session.run(inputs, {})).rejects.toThrow('released');
  });
});

describe('labels', () => {
  it('get the brush where it passed, to the edge and not beyond', () => {
    const label = { width: 12, height: 9, data: new Uint8Array(12 * 9).fill(255) };
    paintStroke(label, { x: 3.5, y: 4.5 }, { x: 20, y: 4.5 }, 1, 2);
    const rows = Array.from({ length: 9 }, (_, y) =>
      [...label.data.subarray(y * 12, y * 12 + 12)].map((value) => (value === 2 ? '#' : '.')).join(''),
    );
    expect(rows).toEqual([
      '............',
      '............',
      '............',
      '...#########',
      '..##########',
      '...#########',
      '............',
      '............',
      '............',
    ]);
  });

  it('of a class that is removed become void, later ones move up', () => {
    const label = { width: 5, height: 1, data: Uint8Array.of(0, 1, 2, 3, 255) };
    removeLabel(label, 1);
    expect([...label.data]).toEqual([0, 255, 1, 2, 255]);
  });
});
