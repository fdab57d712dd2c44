import { vi } from 'vitest';
import { runCli } from '../../src/cli/main.ts';
import type { Outcome } from './fcn.ts';

/** Runs `fcn ARGS...` in this process: hundreds of processes would take minutes to start. One at a time. */
export async function fcnInside(...args: string[]): Promise<Outcome> {
  const output = { stdout: '', stderr: '' };
  const catching = (name: 'stdout' | 'stderr') =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk: unknown, ...rest: unknown[]) => {
      output[name] += String(chunk);
      const done = rest.find((each) => typeof each === 'function');
      if (done) (done as () => void)();
      return true;
    });
  const spies = [
    catching('stdout'),
    catching('stderr'),
    vi.spyOn(console, 'error').mockImplementation((line: unknown) => void (output.stderr += `${line}\n`)),
  ];
  const listening = [process.stdout, process.stderr].map(
    (stream) => [stream, stream.listeners('error')] as const,
  );
  process.exitCode = undefined;
  try {
    const code = await runCli(args);
    return { code, signal: null, ...output };
  } finally {
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
    for (const [stream, before] of listening) {
      const added = stream.listeners('error').filter((listener) => !before.includes(listener));
      for (const listener of added) stream.off('error', listener as () => void);
    }
  }
}
