import { Command, Option } from 'commander';
import { inputError } from '../../base/errors.ts';
import type { DeviceName } from '../../engine/devices/native-devices.ts';
import { defaultPort } from '../../viewing/local-server.ts';
import { watchRun } from '../../viewing/watch/watch-run.ts';
import { WatchedRun } from '../../viewing/watch/watched-run.ts';
import { deviceOption, wholeNumber } from '../options.ts';
import { say } from '../say.ts';
import { untilInterrupted } from '../until-interrupted.ts';

export function portOption(): Option {
  return new Option(
    '--port <N>',
    `port of the page on 127.0.0.1; 0: any free port (default: ${defaultPort}, or the next free one)`,
  ).argParser(wholeNumber(0, 65535));
}

export function watchCommand(): Command {
  return new Command('watch')
    .description('Serve the report of a run on this machine, and update it during the run')
    .argument('<RUN>', 'folder of a run, running or finished')
    .addOption(portOption())
    .addOption(deviceOption().default(undefined, "the run's device, which computes what the page shows"))
    .action(runWatch);
}

/** Ends at Ctrl-C, which is no failure: there is no other end. */
async function runWatch(
  folder: string,
  { port, device }: { port?: number; device?: DeviceName },
): Promise<void> {
  const run = new WatchedRun(folder);
  if (!run.exists()) {
    throw inputError(`RUN: got ${folder}, which has no run, expected the --out folder of fcn train`);
  }
  await run.stages(); // files that are not a run's are told of now
  if (device)
    say(`--device ${device}: fcn watch computes nothing itself; predictions come from the run, on the CPU`);
  const server = await watchRun(folder, { port, warn });
  process.stdout.write(`watching ${folder} at ${server.url} (stop with Ctrl-C)\n`);
  await untilInterrupted();
  await server.close();
}

/** Does the work of a training while its folder is watched, if that is asked for. */
export async function whileWatched<T>(
  { out, watch, port }: { out: string; watch?: true; port?: number },
  work: () => Promise<T>,
): Promise<T> {
  if (!watch) {
    if (port !== undefined) throw inputError(`--port: got ${port} without --watch, expected both or neither`);
    return work();
  }
  const server = await watchRun(out, { port, always: true, warn });
  say(`watch at ${server.url}`);
  try {
    return await work();
  } finally {
    await server.close();
  }
}

function warn(message: string): void {
  process.stderr.write(`${message}\n`);
}
