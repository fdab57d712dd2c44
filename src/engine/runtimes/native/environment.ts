import type { Ort, Pointer } from './ort-api.ts';

/** OrtLoggingLevel, fatal: errors come back as statuses, and warnings tell the user nothing. */
const logFatal = 4;

let environment: Pointer;
/** The one environment of this process, which all sessions share. */
export function sharedEnvironment(api: Ort): Pointer {
  environment ??= api.make('starting', (out) => api.CreateEnv(logFatal, 'fcn', out));
  return environment;
}
