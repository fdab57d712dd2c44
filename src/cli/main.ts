import { Command, CommanderError } from 'commander';
import { type FcnError, inputError } from '../base/errors.ts';
import { findLauncher } from '../base/mpi/launcher.ts';
import { version } from '../base/version.ts';
import { asError } from './as-error.ts';
import { nameFormat } from './name-format.ts';
import { SaidError } from './ranks.ts';
import { beQuiet } from './say.ts';
import { watchStandardOutput } from './standard-output.ts';
import { usageError } from './usage-error.ts';

/** Commands by name, each loaded when it is wanted: together they import twice as much as one of them. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  train: async () => (await import('./commands/train.ts')).trainCommand(),
  watch: async () => (await import('./commands/watch.ts')).watchCommand(),
  evaluate: async () => (await import('./commands/evaluate.ts')).evaluateCommand(),
  predict: async () => (await import('./commands/predict.ts')).predictCommand(),
  classify: async () => (await import('./commands/classify.ts')).classifyCommand(),
  score: async () => (await import('./commands/score.ts')).scoreCommand(),
  report: async () => (await import('./commands/report.ts')).reportCommand(),
  inspect: async () => (await import('./commands/inspect.ts')).inspectCommand(),
  convert: async () => (await import('./commands/convert.ts')).convertCommand(),
  export: async () => (await import('./commands/export.ts')).exportCommand(),
  quantize: async () => (await import('./commands/quantize.ts')).quantizeCommand(),
  data: async () => (await import('./commands/data.ts')).dataCommand(),
  weights: async () => (await import('./commands/weights.ts')).weightsCommand(),
  web: async () => (await import('./commands/web.ts')).webCommand(),
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
  tune: async () => (await import('./commands/tune.ts')).tuneCommand(),
  bench: async () => (await import('./commands/bench.ts')).benchCommand(),
  completion: async () => {
    const { completionCommand } = await import('./commands/completion.ts');
    return completionCommand(() => programOf(Object.values(commands)));
  },
};

/** The command that the line begins with; all of them for the help, or to say which there are. */
function wantedCommands([first = '']: readonly string[]): (() => Promise<Command>)[] {
  if (first === '--version') return [];
  return Object.hasOwn(commands, first) ? [commands[first]!] : Object.values(commands);
}

/** Runs one command line and returns the process's exit code: 0, 1 (failure inside), 2 (bad input), 130 (Ctrl-C). */
export async function runCli(args: readonly string[]): Promise<number> {
  const program = await programOf(wantedCommands(args));
  for (const [command, name] of everyCommand(program)) {
    // What commander would print is reported below, in our form.
    command.configureOutput({ outputError: () => undefined }).exitOverride((error) => {
      if (isHelp(error)) throw error;
      // A misspelt option is often the one that is missing.
      if (error.code === 'commander.missingMandatoryOptionValue') refuseUnknown(command, args);
      throw saidOnce(usageError(error, name));
    });
  }

  program.hook('preAction', async (_, command) => {
    refuseEmpty(command);
    if (command.optsWithGlobals().quiet) beQuiet();
    await nameFormat(command);
  });

  const outputWritten = watchStandardOutput();
  try {
    await program.parseAsync(upToUnknown(program, args), { from: 'user' }).catch(passHelp);
    await outputWritten();
    return Number(process.exitCode ?? 0);
  } catch (thrown) {
    return report(thrown, args.includes('--verbose'));
  }
}

/** A command line as far as a name that is no command's: that is wrong, even where help is asked for. */
function upToUnknown(program: Command, args: readonly string[]): string[] {
  let command: Command | undefined = program;
  const names: string[] = [];
  for (const arg of args) {
    if (command.commands.length === 0) break;
    if (arg.startsWith('-') || arg === 'help') continue;
    names.push(arg);
    command = command.commands.find((child) => child.name() === arg);
    if (!command) return names;
  }
  return [...args];
}

async function programOf(create: readonly (() => Promise<Command>)[]): Promise<Command> {
  const program = new Command('fcn')
    .description('Fully convolutional networks for semantic segmentation: train, evaluate, predict')
    .version(version);
  for (const createCommand of create) program.addCommand(await createCommand());
  for (const [command] of everyCommand(program)) {
    command
      .option('--quiet', 'print only results, warnings and errors')
      .option('--verbose', 'print stack traces');
  }
  return program;
}

/** Every command with its full name: `fcn data make`. */
function* everyCommand(command: Command, name = command.name()): Generator<[Command, string]> {
  yield [command, name];
  for (const child of command.commands) yield* everyCommand(child, `${name} ${child.name()}`);
}

/** @throws what commander says of the first option that the command does not know, if there is one */
function refuseUnknown(
  command: Command & { unknownOption?(flag: string): void },
  args: readonly string[],
): void {
  const [first = ''] = command.parseOptions([...args]).unknown;
  if (first.startsWith('-')) command.unknownOption?.(first);
}

/**
 * An empty text is what a script makes of a variable that is not set. As a path it would mean the current folder to some functions of
 * the system, and nothing to others.
 */
function refuseEmpty(command: Command): void {
  const isEmpty = (value: unknown) => value === '' || (Array.isArray(value) && value.includes(''));
  const option = command.options.find((one) => isEmpty(command.getOptionValue(one.attributeName())));
  const argument = command.args.includes('') ? command.registeredArguments[0]?.name() : undefined;
  const what = option?.long ?? (argument && `<${argument}>`);
  if (what)
    throw inputError(`${what}: got an empty text, expected a value; is a variable of the shell not set?`);
}

/** All processes of a launcher are given the same options, and one of them says what is wrong with these. */
function saidOnce(error: FcnError): Error {
  return findLauncher()?.rank ? new SaidError(error) : error;
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
  if (thrown instanceof SaidError) return thrown.exitCode;
  const error = asError(thrown);
  console.error(`fcn: ${error.message}`);
  if (verbose) console.error(thrown);
  return error.exitCode;
}
