import { makeDoWithAddresses } from '../base/addresses.ts';
import { asError } from './as-error.ts';
import { outliveTerminal } from './hang-up.ts';

/**
 * Runs a command line, as runCli does. The program and its libraries are loaded only once it is known that they fit.
 * @returns the process's exit code
 */
export async function start(args: readonly string[]): Promise<number> {
  outliveTerminal();
  try {
    await makeDoWithAddresses();
    const { runCli } = await import('./main.ts');
    return await runCli(args);
  } catch (thrown) {
    console.error(`fcn: ${asError(thrown).message}`);
    if (args.includes('--verbose')) console.error(thrown);
    return asError(thrown).exitCode;
  }
}
