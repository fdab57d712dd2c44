/// <reference lib="webworker" />

import { webRuntime } from '../../../src/engine/runtimes/web/web-runtime.ts';
import { runtimeFiles } from '../runtime-files.ts';
import type { Report, Request } from './messages.ts';
import { TrainingLoop } from './training-loop.ts';

// Threads share memory, which only a page that is cross-origin isolated may do.
const threads = self.crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency) : 1;

const report = (message: Report, transfer: Transferable[] = []) => self.postMessage(message, transfer);
const loop = new TrainingLoop(webRuntime({ wasmPaths: runtimeFiles.wasm }), threads, report);

self.onmessage = ({ data }: MessageEvent<Request>) => loop.handle(data);
void loop.warmUp();
