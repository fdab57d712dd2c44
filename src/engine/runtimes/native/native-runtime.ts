import { onThread } from '../../../base/koffi.ts';
import type { Runtime } from '../session.ts';
import { useHugePagesInArena, withOwnArena } from './arena.ts';
import { sharedEnvironment } from './environment.ts';
import { type GraphicsDevice, valueOn } from './memory.ts';
import { NativeSession } from './native-session.ts';
import { ort, type Pointer } from './ort-api.ts';
import { type ProviderSettings, useProvider } from './providers.ts';
import { createOptions } from './session-options.ts';

/** ONNX Runtime in this process, on the CPU. Tensors are used where they lie: nothing is copied in or out. */
export const nativeRuntime: Runtime = createRuntime('cpu');

/**
 * ONNX Runtime in this process, on the first graphics processor. Whether it computes correctly has not been looked at:
 * `openDevice` of devices/ does that.
 * @param settings of the provider, by ONNX Runtime's names
 */
export function nativeDevice(device: GraphicsDevice, settings: ProviderSettings = {}): Runtime {
  return createRuntime(device, settings);
}

function createRuntime(device: Runtime['device'], settings: ProviderSettings = {}): Runtime {
  return {
    device,
    hasBlockedLayout: device === 'cpu' && process.arch === 'x64', // on others, some versions of ONNX Runtime have no blocks
    async createSession(model, { constants = {}, ...options }) {
      const api = ort();
      sharedEnvironment(api); // providers write to its log, and end the process where there is none
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
        if (device !== 'cpu') useProvider(api, sessionOptions, device, settings);
        const session = await withOwnArena(api, async (environment) => {
          const given = [environment, model, model.byteLength, sessionOptions] as const;
          const out: [Pointer] = [null];
          api.check(await onThread(api.CreateSessionFromArray, ...given, out), 'loading the graph');
          return out[0];
        });
        try {
          if (device === 'cpu') useHugePagesInArena(api, session);
        } catch (thrown) {
          api.ReleaseSession(session);
          throw thrown;
        }
        return new NativeSession(api, session, { device, constants: bindings });
      } catch (thrown) {
        for (const { value } of bindings) api.ReleaseValue(value);
        throw thrown;
      } finally {
        api.ReleaseSessionOptions(sessionOptions);
      }
    },
  };
}
