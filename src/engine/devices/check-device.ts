import { failure } from '../../base/errors.ts';
import { allocate } from '../../base/tensor.ts';
import type { Runtime } from '../runtimes/session.ts';
import { knownOperators } from './known-operators.ts';

/**
 * Lets a device compute a few operators whose results are known: drivers, and the shaders of runtimes, have their errors.
 * @returns the runtime
 * @throws FcnError (exit code 1) when it computes one of them wrongly; and what createSession throws
 */
export async function checkDevice(runtime: Runtime): Promise<Runtime> {
  const { model, inputs, results } = knownOperators();
  const session = await runtime.createSession(model, { threads: 1 });
  try {
    const outputs = Object.fromEntries(
      Object.entries(results).map(([name, { shape }]) => [name, allocate('float32', shape)]),
    );
    await session.run(inputs, outputs);
    for (const [name, { data }] of Object.entries(results)) {
      const at = data.findIndex((value, i) => outputs[name]!.data[i] !== value);
      if (at < 0) continue;
      throw failure(
        `device ${runtime.device}: got ${outputs[name]!.data[at]} from ${name}, expected ${data[at]}: it computes wrong results and ` +
          'is not used; update the driver of the GPU, or use --device cpu',
      );
    }
  } finally {
    await session.release();
  }
  return runtime;
}
