import { addressLimit } from '../../../base/addresses.ts';
import { doWithoutKernels } from '../../../base/kernels/kernels.ts';
import type { Ort, Pointer } from './ort-api.ts';
import { keepToOurselves, keepToOurselvesFrom } from './telemetry.ts';

/** OrtLoggingLevel, fatal: errors come back as statuses, and warnings tell the user nothing. */
const logFatal = 4;

let environment: Pointer;
/** The one environment of this process, which all sessions share. */
export function sharedEnvironment(api: Ort): Pointer {
  if (environment) return environment;
  if (addressLimit() !== undefined) doWithoutKernels(); // as the command line does, for programs that import fcn
  keepToOurselves();
  const created = api.make('starting', (out) => api.CreateEnv(logFatal, 'fcn', out));
  keepToOurselvesFrom(api, created);
  environment = created;
  return environment;
}
