import { writeFileSync } from 'node:fs';
import { nativeRuntime } from '../../engine/runtimes/native/native-runtime.ts';
import type { NamedTensors } from '../../engine/runtimes/session.ts';

/**
 * Loaded before a command (`node --import`): notes when each session of the runtime ran, and writes it to the file that
 * FCN_SESSION_CLOCK names when the process ends. Nothing else of the command is changed. A run is timed from its call to
 * its result, which is at most a few milliseconds more than ONNX Runtime's own profile has.
 */
export interface SessionRun {
  /** Whether it was a training step; else the inference of a validation. */
  readonly isStep: boolean;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
}

const file = process.env.FCN_SESSION_CLOCK;
const runs: SessionRun[] = [];
const now = () => performance.timeOrigin + performance.now();

if (file) {
  const createSession = nativeRuntime.createSession.bind(nativeRuntime);
  nativeRuntime.createSession = async (...args) => {
    const session = await createSession(...args);
    const run = session.run.bind(session);
    session.run = async (inputs: NamedTensors, outputs: NamedTensors) => {
      const asked = now();
      await run(inputs, outputs);
      // A session runs one at a time: what is asked for earlier waits.
      runs.push({ isStep: 'loss' in outputs, start: Math.max(asked, runs.at(-1)?.end ?? 0), end: now() });
    };
    return session;
  };
  process.on('exit', () => writeFileSync(file, JSON.stringify(runs)));
}
