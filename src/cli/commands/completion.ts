import { Argument, Command } from 'commander';
import { completionScript, type Shell, shells } from '../completion.ts';

/** @param everything the program with all its commands */
export function completionCommand(everything: () => Promise<Command>): Command {
  return new Command('completion')
    .description('Print the script that completes fcn command lines in a shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(shells))
    .addHelpText(
      'after',
      '\nIn ~/.bashrc or ~/.zshrc:  source <(fcn completion bash)\nIn fish:  fcn completion fish | source',
    )
    .action(async (shell: Shell) => void process.stdout.write(completionScript(await everything(), shell)));
}
