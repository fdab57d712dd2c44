import { FcnError } from '../../base/errors.ts';
import type { Runtime } from '../runtimes/session.ts';
import { checkDevice } from './check-device.ts';
import { measureDevice } from './measure-device.ts';

/** A runtime that was chosen, and why: half a sentence for people. */
export interface ChosenDevice {
  readonly runtime: Runtime;
  readonly reason: string;
}

/**
 * The first of several graphics processors that is there, computes correctly and is faster than the CPU; else the CPU.
 * @param open one function for each: gives its runtime, or throws an FcnError that says why there is none
 * @param threads of the CPU
 */
export async function chooseDevice(
  cpu: Runtime,
  open: readonly (() => Promise<Runtime>)[],
  threads: number,
): Promise<ChosenDevice> {
  const reasons: string[] = [];
  let cpuTime: number | undefined;
  for (const candidate of open) {
    try {
      const runtime = await checkDevice(await candidate());
      cpuTime ??= await measureDevice(cpu, threads);
      const time = await measureDevice(runtime, threads, 2 * cpuTime);
      const both = `${inMilliseconds(time)} for a few convolutions, ${inMilliseconds(cpuTime)} on the CPU`;
      if (time < cpuTime) return { runtime, reason: both };
      reasons.push(`${runtime.device} takes ${both}`);
    } catch (thrown) {
      if (!(thrown instanceof FcnError)) throw thrown;
      reasons.push(thrown.message);
    }
  }
  return { runtime: cpu, reason: reasons.join('; ') };
}

function inMilliseconds(time: number): string {
  return `${time < 10 ? time.toFixed(1) : time.toFixed(0)} ms`;
}
