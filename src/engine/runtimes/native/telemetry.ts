import { koffi } from '../../../base/koffi.ts';
import type { Ort, Pointer } from './ort-api.ts';

/** What ONNX Runtime reads when it starts, everywhere but on Windows. */
const variable = 'ORT_DISABLE_TELEMETRY';

/**
 * ONNX Runtime's published builds tell Microsoft about each process and each session, on Linux and macOS from 1.29 on, and keep
 * what they have not sent yet and an identifier of the machine in the user's cache folder. Nothing of that happens here,
 * unless the user has set the variable to 0. To be called before the environment is created; through the C library, because
 * the `process.env` of a worker thread is a copy of its own.
 */
export function keepToOurselves(): void {
  if (process.platform === 'win32') return;
  const onlyIfUnset = 0;
  koffi.load(null).func('int setenv(const char* name, const char* value, int overwrite)')(
    variable,
    '1',
    onlyIfUnset,
  );
}

/** The same for Windows, where there is no variable: the first event, of the process, has been told by then. */
export function keepToOurselvesFrom(api: Ort, environment: Pointer): void {
  if (process.platform === 'win32')
    api.check(api.DisableTelemetryEvents(environment), 'turning telemetry off');
}
