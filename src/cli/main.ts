import { Command, CommanderError } from 'commander';
import { FcnError, reasonOf } from '../errors.ts';
import { version } from '../version.ts';
import { benchCommand } from './bench.ts';
import { dataCommand } from './data.ts';
import { demoCommand } from './demo.ts';
import { evaluateCommand } from './evaluate.ts';
import { inspectCommand } from './inspect.ts';
import { predictCommand } from './predict.ts';
import { scoreCommand } from './score.ts';
import { trainCommand } from './train.ts';

/** Runs one command line and returns the process's exit code: 0, 1 (failure inside), 2 (bad input), 130 (Ctrl-C). */
export async function runCli(args: readonly string[]): Promise<number> {
  const program = new Command('fcn')
    .description('Fully convolutional networks for semantic segmentation: train, evaluate, predict')
    .version(version)
    .option('--verbose', 'print stack traces');
  program.addCommand(trainCommand());
  program.addCommand(evaluateCommand());
  program.addCommand(predictCommand());
  program.addCommand(scoreCommand());
  program.addCommand(inspectCommand());
  program.addCommand(dataCommand());
  program.addCommand(demoCommand());
  program.addCommand(benchCommand());
  for (const command of everyCommand(program)) {
    // Commander's own messages are printed below, in our form.
    command.exitOverride().configureOutput({ outputError: () => undefined });
    if (command !== program) command.option('--verbose', 'print stack traces');
  }

  try {
    await program.parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (thrown) {
    return report(thrown, args.includes('--verbose'));
  }
}

function* everyCommand(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* everyCommand(child);
}

function report(thrown: unknown, verbose: boolean): number {
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return 0; // --help, --version
    if (thrown.code === 'commander.help') return 2; // a command without its subcommand: the help was printed
    console.error(`fcn: ${thrown.message.replace(/^error: /, '')}; see fcn --help`);
    return 2;
  }
  console.error(`fcn: ${reasonOf(thrown)}`);
  if (verbose && thrown instanceof Error) console.error(thrown.stack);
  return thrown instanceof FcnError ? thrown.exitCode : 1;
}
