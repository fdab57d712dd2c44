import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread that does little: V8 sets aside half a gigabyte of addresses for the compiled code of each, and ends the process
 * where a limit (ulimit -v) leaves fewer; these have 16 MB.
 */
export function startSmallThread(code: string | URL, options: WorkerOptions = {}): Worker {
  const thread = new Worker(code, { ...options, resourceLimits: { codeRangeSizeMb: 16 } });
  thread.unref();
  return thread;
}
