/// <reference lib="webworker" />

import { webRuntime } from '../../../src/runtime/web/web-runtime.ts';
import { runtimeFiles } from '../runtime-files.ts';
import type { Report, Request } from './messages.ts';
import { TrainingLoop } from './training-loop.ts';

// The page asks for a number of threads in the worker's address; without shared memory there is one.
const wanted =
  Number(new URLSearchParams(self.location.search).get('threads')) || navigator.hardwareConcurrency;
const threads = self.crossOriginIsolated ? Math.min(wanted, 8) : 1;

const report = (message: Report, transfer: Transferable[] = []) => self.postMessage(message, transfer);
const loop = new TrainingLoop(webRuntime({ wasmPaths: runtimeFiles.wasm }), threads, report);

self.onmessage = ({ data }: MessageEvent<Request>) => loop.handle(data);
void loop.warmUp();
