/// <reference lib="webworker" />

import type { Report, Request } from './messages.ts';
import { openRuntime } from './open-runtime.ts';
import { TrainingLoop } from './training-loop.ts';

// Threads share memory, which only a page that is cross-origin isolated may do.
const threads = self.crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency) : 1;

const report = (message: Report, transfer: Transferable[] = []) => self.postMessage(message, transfer);
const loop = new TrainingLoop(() => openRuntime(self.name, threads), threads, report);

self.onmessage = ({ data }: MessageEvent<Request>) => loop.handle(data);
void loop.warmUp();
