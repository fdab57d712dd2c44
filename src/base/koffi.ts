import koffi, { type LibraryHandle } from 'koffi';

/**
 * Koffi runs native code on stacks of its own, of 128 KiB for asynchronous calls by default. With one thread ONNX Runtime
 * works in the calling thread, and is written for the 8 MiB that threads have. Koffi takes its settings only before the
 * first library is loaded, so every library is loaded through this module.
 */
const nativeStackBytes = 8 * 2 ** 20;
koffi.config({ async_stack_size: nativeStackBytes, sync_stack_size: nativeStackBytes });

export { koffi };

/** Calls a function on a thread of Node's, so that the event loop stays free. What it is given is not collected meanwhile. */
export function onThread<T = number>(
  called: ReturnType<LibraryHandle['func']>,
  ...given: unknown[]
): Promise<T> {
  return new Promise((resolve, reject) => {
    called.async(...given, (error: unknown, result: T) => {
      given.length = 0; // it is used here, so it is kept until here
      if (error) reject(error);
      else resolve(result);
    });
  });
}
