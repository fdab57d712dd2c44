import type { Runtime } from '../session.ts';
import { withOwnArena } from './arena.ts';
import { NativeSession } from './native-session.ts';
import { ort } from './ort-api.ts';
import { createOptions } from './session-options.ts';

/** ONNX Runtime in this process, on the CPU. Tensors are used where they lie: nothing is copied in or out. */
export const nativeRuntime: Runtime = {
  async createSession(model, options) {
    const api = ort();
    const sessionOptions = createOptions(api, options);
    try {
      const session = withOwnArena(api, (environment) =>
        api.make('loading the graph', (out) =>
          api.CreateSessionFromArray(environment, model, model.byteLength, sessionOptions, out),
        ),
      );
      return new NativeSession(api, session);
    } finally {
      api.ReleaseSessionOptions(sessionOptions);
    }
  },
};
