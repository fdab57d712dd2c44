import type { Runtime } from '../session.ts';
import { withOwnArena } from './arena.ts';
import { valueOn } from './memory.ts';
import { NativeSession } from './native-session.ts';
import { ort } from './ort-api.ts';
import { createOptions } from './session-options.ts';

/** ONNX Runtime in this process, on the CPU. Tensors are used where they lie: nothing is copied in or out. */
export const nativeRuntime: Runtime = {
  async createSession(model, { constants = {}, ...options }) {
    const api = ort();
    const sessionOptions = createOptions(api, options);
    const bindings = Object.values(constants).map((tensor) => {
      return { tensor, value: valueOn(api, tensor, 'binding a constant') };
    });
    try {
      if (bindings.length > 0) {
        const values = bindings.map(({ value }) => value);
        const added = api.AddExternalInitializers(
          sessionOptions,
          Object.keys(constants),
          values,
          values.length,
        );
        api.check(added, 'adding constants');
      }
      const session = withOwnArena(api, (environment) =>
        api.make('loading the graph', (out) =>
          api.CreateSessionFromArray(environment, model, model.byteLength, sessionOptions, out),
        ),
      );
      return new NativeSession(api, session, bindings);
    } catch (thrown) {
      for (const { value } of bindings) api.ReleaseValue(value);
      throw thrown;
    } finally {
      api.ReleaseSessionOptions(sessionOptions);
    }
  },
};
