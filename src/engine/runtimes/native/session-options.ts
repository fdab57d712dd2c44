import type { GraphOptions } from '../session.ts';
import type { Ort, Pointer } from './ort-api.ts';

/** GraphOptimizationLevel: every rewrite, those that choose blocked memory layouts included. */
const allOptimizations = 99;

/** The settings of a session: optimizations, threads, memory. To be released. */
export function createOptions(
  api: Ort,
  { threads, exactIntegers, profile = process.env.FCN_PROFILE }: GraphOptions,
): Pointer {
  const options = api.make('creating options', (out) => api.CreateSessionOptions(out));
  api.check(
    api.SetSessionGraphOptimizationLevel(options, allOptimizations),
    'setting the optimization level',
  );
  api.check(api.SetIntraOpNumThreads(options, threads), 'setting threads');
  api.check(api.AddSessionConfigEntry(options, 'session.use_env_allocators', '1'), 'choosing the arena');
  if (exactIntegers) {
    const set = api.AddSessionConfigEntry(options, 'session.x64quantprecision', '1');
    api.check(set, 'choosing exact kernels');
  }
  // A memory pattern is a second copy of what the arena already holds, one for every image size that occurs.
  api.check(api.DisableMemPattern(options), 'disabling memory patterns');
  // For developers: FCN_PROFILE=PREFIX writes ONNX Runtime's own profile of every operator to PREFIX_*.json.
  if (profile) api.check(api.EnableProfiling(options, profile), 'profiling');
  return options;
}
