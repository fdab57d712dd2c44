import type { Runtime } from '../engine/runtimes/session.ts';

/** A runtime that has something done while another thread prepares a network. */
export function whilePreparing(runtime: Runtime, meanwhile: () => void): Runtime {
  return {
    ...runtime,
    createSession(...given) {
      const creating = runtime.createSession(...given);
      meanwhile();
      return creating;
    },
  };
}
