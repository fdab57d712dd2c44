import { Command, CommanderError } from 'commander';
import { FcnError, failure, reasonOf } from '../errors.ts';
import { version } from '../version.ts';
import { benchCommand } from './bench.ts';
import { classifyCommand } from './classify.ts';
import { convertCommand } from './convert.ts';
import { dataCommand } from './data.ts';
import { demoCommand } from './demo.ts';
import { evaluateCommand } from './evaluate.ts';
import { exportCommand } from './export.ts';
import { inspectCommand } from './inspect.ts';
import { predictCommand } from './predict.ts';
import { reportCommand } from './report.ts';
import { scoreCommand } from './score.ts';
import { watchStandardOutput } from './standard-output.ts';
import { trainCommand } from './train.ts';
import { usageError } from './usage-error.ts';
import { watchCommand } from './watch.ts';
import { weightsCommand } from './weights.ts';

/** Runs one command line and returns the process's exit code: 0, 1 (failure inside), 2 (bad input), 130 (Ctrl-C). */
export async function runCli(args: readonly string[]): Promise<number> {
  const program = new Command('fcn')
    .description('Fully convolutional networks for semantic segmentation: train, evaluate, predict')
    .version(version);
  program.addCommand(trainCommand());
  program.addCommand(watchCommand());
  program.addCommand(evaluateCommand());
  program.addCommand(predictCommand());
  program.addCommand(classifyCommand());
  program.addCommand(scoreCommand());
  program.addCommand(reportCommand());
  program.addCommand(inspectCommand());
  program.addCommand(convertCommand());
  program.addCommand(exportCommand());
  program.addCommand(dataCommand());
  program.addCommand(weightsCommand());
  program.addCommand(demoCommand());
  program.addCommand(benchCommand());
  for (const [command, name] of everyCommand(program)) {
    command.option('--verbose', 'print stack traces');
    // What commander would print is reported below, in our form.
    command.configureOutput({ outputError: () => undefined }).exitOverride((error) => {
      throw isHelp(error) ? error : usageError(error, name);
    });
  }

  const outputWritten = watchStandardOutput();
  try {
    await program.parseAsync([...args], { from: 'user' }).catch(passHelp);
    await outputWritten();
    return Number(process.exitCode ?? 0);
  } catch (thrown) {
    return report(thrown, args.includes('--verbose'));
  }
}

/** Every command with its full name: `fcn data make`. */
function* everyCommand(command: Command, name = command.name()): Generator<[Command, string]> {
  yield [command, name];
  for (const child of command.commands) yield* everyCommand(child, `${name} ${child.name()}`);
}

function isHelp({ code }: CommanderError): boolean {
  return ['commander.helpDisplayed', 'commander.help', 'commander.version'].includes(code);
}

/** Commander ends with an error after it has printed help, asked for or because a subcommand is missing (exit code 2). */
function passHelp(thrown: unknown): void {
  if (!(thrown instanceof CommanderError)) throw thrown;
  if (thrown.exitCode !== 0) process.exitCode = 2;
}

/** One line on standard error for whatever went wrong. @returns the exit code */
function report(thrown: unknown, verbose: boolean): number {
  const error = thrown instanceof FcnError ? thrown : unexpected(thrown);
  console.error(`fcn: ${error.message}`);
  if (verbose) console.error(thrown);
  return error.exitCode;
}

function unexpected(thrown: unknown): FcnError {
  const reason = reasonOf(thrown);
  // What JavaScript says when it cannot have as much memory as it asks for.
  if (
    thrown instanceof RangeError &&
    /allocation failed|Invalid (typed )?array( buffer)? length/i.test(reason)
  ) {
    return failure(
      `memory: got a request that is too large (${reason}), expected sizes that fit this machine; ` +
        'lower the image size, the batch size or the width',
      thrown,
    );
  }
  return failure(`unexpected error: ${reason}; run it again with --verbose to see where`, thrown);
}
