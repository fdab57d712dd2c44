import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ModelName } from '../../networks/model-names.ts';
import { type Contender, Program, WorkerProcess } from './processes.ts';
import { hasStockRuntime } from './stock-runtime.ts';
import type { Workload } from './workload.ts';

/** Ours, one step at a time. */
export function startOurs(workload: Workload): Contender {
  return new WorkerProcess('fcn', process.execPath, [beside('worker.js'), JSON.stringify(workload)]);
}

/** Ours by the file of `fcn quantize`, and by the weights that it was made of. */
export function startEightBits(quantized: string, weights: string, workload: Workload): Contender[] {
  const start = (name: string, file: string) =>
    new WorkerProcess(name, process.execPath, [
      beside('worker.js'),
      JSON.stringify({ ...workload, weights: file }),
    ]);
  return [start('fcn', quantized), start('fcn, float32', weights)];
}

/** Ours, a whole command. */
export function ourCommand(...args: string[]): Contender {
  return new Program('fcn', process.execPath, [fcnProgram, ...args]);
}

/** What `fcn` on the command line runs. */
export const fcnProgram = beside('../../../bin/fcn.js');

/** The file of `fcn export`, one inference at a time: in ONNX Runtime's own package for Node, and in OpenVINO where Python has it. */
export function startExported(
  file: string,
  { height, imageWidth, threads }: Workload,
  openVino: string | undefined,
): Contender[] {
  const stock = [beside('stock-worker.js'), file, height, imageWidth, threads].map(String);
  const options = { file, size: `${height}x${imageWidth}`, threads };
  return [
    ...(hasStockRuntime() ? [new WorkerProcess('ONNX Runtime', process.execPath, stock)] : []),
    ...(openVino
      ? [new WorkerProcess('OpenVINO', openVino, [peerScript('step_openvino.py'), ...asArguments(options)])]
      : []),
  ];
}

/** The shortest program that segments an image by the file of `fcn export`, in ONNX Runtime's own package for Node. */
export function stockPredict(file: string, image: string, out: string, threads: number): Contender[] {
  if (!hasStockRuntime()) return [];
  return [
    new Program('ONNX Runtime', process.execPath, [
      beside('stock-predict.js'),
      file,
      image,
      out,
      `${threads}`,
    ]),
  ];
}

/**
 * PyTorch in each of its memory formats, as some machines like its default better, some channels last; and compiled, where it can be.
 */
export function startPyTorch(python: string, workload: Workload): Contender[] {
  const start = (name: string, format: string[]) =>
    new WorkerProcess(name, python, [
      peerScript('step.py'),
      ...asArguments(peerOptions(workload)),
      ...format,
    ]);
  const compiled = canCompile(python) ? [start('PyTorch, compiled', ['--compile'])] : [];
  return [...inBothFormats(start), ...compiled];
}

/** The networks that peer/step_tensorflow.py has. */
const inTensorFlow: readonly ModelName[] = ['fcn32s', 'fcn16s', 'fcn8s'];

/** TensorFlow, its operators as they are and compiled by XLA, if it has the network. */
export function startTensorFlow(python: string, workload: Workload): Contender[] {
  if (!inTensorFlow.includes(workload.model)) return [];
  const start = (name: string, form: string[]) =>
    new WorkerProcess(name, python, [
      peerScript('step_tensorflow.py'),
      ...asArguments(peerOptions(workload)),
      ...form,
    ]);
  return [start('TensorFlow', []), start('TensorFlow, XLA', ['--xla'])];
}

/** What the scripts of peer/ that do one step at a time are told. */
function peerOptions({ mode, model, width, classes, height, imageWidth, batch, threads }: Workload) {
  return { mode, model, width, classes, size: `${height}x${imageWidth}`, batch, threads };
}

/** A whole script of peer/, in each of PyTorch's memory formats. */
export function pyTorchScript(
  python: string,
  script: 'predict.py' | 'evaluate.py',
  options: Readonly<Record<string, string | number>>,
  ...args: string[]
): Contender[] {
  return inBothFormats((name, format) => {
    return new Program(name, python, [peerScript(script), ...asArguments(options), ...format, ...args]);
  });
}

function inBothFormats<T>(start: (name: string, format: string[]) => T): T[] {
  return [start('PyTorch', []), start('PyTorch, channels last', ['--channels-last'])];
}

/** Whether a contender is PyTorch in one of the forms that whole scripts have. */
export function isForm(name: string): boolean {
  return inBothFormats((form) => form).includes(name);
}

function asArguments(options: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function peerScript(name: string): string {
  return beside(`../../../peer/${name}`);
}

function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** A Python that has PyTorch: the one that is named, FCN_PYTHON, or the first of the usual ones. Undefined when none has it. */
export function findPyTorch(named = process.env.FCN_PYTHON): string | undefined {
  const candidates = named ? [named] : ['python3', '/usr/bin/python3'];
  return candidates.find((python) => canImport(python, 'torch'));
}

/** Whether a Python has a module. */
export function canImport(python: string, module: string): boolean {
  return spawnSync(python, ['-c', `import ${module}`]).status === 0;
}

/** PyTorch 2 and newer compile, where there is a C++ compiler for it. */
function canCompile(python: string): boolean {
  const test = 'import torch; torch.compile(lambda x: x + 1)(torch.zeros(1))';
  return spawnSync(python, ['-c', test]).status === 0;
}
