import { parentPort, workerData } from 'node:worker_threads';
import { koffi } from '../base/koffi.ts';
import { endWithoutNode } from '../base/mpi/end-now.ts';

/**
 * A thread that ends the process at the second Ctrl-C, should the main one be busy. Node tells signals to the main thread
 * alone. Libuv, on which Node stands and whose functions it exports, tells every event loop that asks: so this thread has
 * a loop of its own (docs.libuv.org, uv_signal_t) and looks into it from time to time.
 */
const library = koffi.load(process.platform === 'win32' ? process.execPath : null);
const calls = {
  loopSize: library.func('size_t uv_loop_size()'),
  handleSize: library.func('size_t uv_handle_size(int type)'),
  initLoop: library.func('int uv_loop_init(void* loop)'),
  initSignal: library.func('int uv_signal_init(void* loop, void* handle)'),
  listen: library.func('int uv_signal_start(void* handle, void* callback, int number)'),
  stop: library.func('int uv_signal_stop(void* handle)'),
  run: library.func('int uv_run(void* loop, int mode)'),
};
/** Of uv_handle_type and uv_run_mode in uv.h. */
const [signalHandle, noWait] = [16, 2];
const signals = { SIGINT: 2, SIGTERM: 15 };

/** Milliseconds between two looks, and those that the main thread has to end the process more tidily. */
const [lookEvery, patience] = [20, 60];

/** Milliseconds in which signals are one. */
const sameKeypress: number = workerData;

let first: number | undefined;
function onSignal(): void {
  const now = performance.now();
  first ??= now;
  if (now - first <= sameKeypress) return;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, patience);
  // Files that were being written are left as parts, which the next start removes: the ones before are whole.
  if (process.platform === 'win32') process.kill(process.pid, 'SIGKILL');
  else endWithoutNode(130);
}

// Never freed: the system's signal handler knows it until the process has ended.
const allocate = (bytes: number | bigint) => koffi.alloc('uint8_t', Number(bytes));
const loop = allocate(calls.loopSize());
calls.initLoop(loop);
const callback = koffi.register(
  onSignal,
  koffi.pointer(koffi.proto('void onSignal(void* handle, int number)')),
);
const handles = Object.values(signals).map((number) => {
  const handle = allocate(calls.handleSize(signalHandle));
  calls.initSignal(loop, handle);
  calls.listen(handle, callback, number);
  return handle;
});

const looking = setInterval(() => calls.run(loop, noWait), lookEvery);
parentPort?.once('message', () => {
  clearInterval(looking);
  for (const handle of handles) calls.stop(handle);
});
