import type { Command, Option } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A command by what is typed for it: `data make`; '' is the program itself. */
interface Completed {
  readonly path: string;
  readonly words: readonly string[];
  readonly options: readonly Option[];
}

/** The script that completes command lines of the program in a shell. It calls nothing: all words are in it. */
export function completionScript(program: Command, shell: Shell): string {
  const commands = [...completed(program, [])];
  if (shell === 'fish') return fishScript(program.name(), commands);
  const script = bashScript(program.name(), commands);
  return shell === 'bash' ? script : `autoload -U +X bashcompinit && bashcompinit\n${script}`;
}

function* completed(command: Command, path: readonly string[]): Generator<Completed> {
  const words = command.commands.map((child) => child.name());
  yield { path: path.join(' '), words, options: command.options.filter(({ hidden }) => !hidden) };
  for (const child of command.commands) yield* completed(child, [...path, child.name()]);
}

function bashScript(name: string, commands: readonly Completed[]): string {
  const flagsOf = ({ words, options }: Completed) =>
    [...words, ...options.flatMap(({ long }) => long ?? []), '--help'].join(' ');
  const cases = commands.map((command) => `    '${command.path}') words='${flagsOf(command)}' ;;`);
  const valued = commands.flatMap(({ path, options }) =>
    options
      .filter(({ argChoices, long }) => argChoices && long)
      .map(({ long, argChoices }) => `    '${path} ${long}') words='${argChoices!.join(' ')}' ;;`),
  );
  const paths = commands.map(({ path }) => path).filter((path) => path !== '');
  return `_${name}() {
  local path='' word words='' current="\${COMP_WORDS[COMP_CWORD]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${paths.map((path) => `'${path}'`).join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${valued.join('\n')}
    *' --'*) [[ $current == -* ]] || words='' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current")) || true
}
complete -o default -F _${name} ${name}
`;
}

function fishScript(name: string, commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ path, words, options }) => {
    const parts = path === '' ? [] : path.split(' ');
    const inside = parts.map((part) => `__fish_seen_subcommand_from ${part}`);
    const notBelow = words.length > 0 ? [`not __fish_seen_subcommand_from ${words.join(' ')}`] : [];
    const here = quoted([...inside, ...notBelow].join('; and '));
    return [
      ...words.map((word) => `complete -c ${name} -f -n ${here} -a ${word}`),
      ...options.flatMap(({ long, argChoices, required, description }) =>
        long
          ? [
              `complete -c ${name} -n ${here} -l ${long.slice(2)}${argChoices ? ' -x' : required ? ' -r' : ''}${
                argChoices ? ` -a ${quoted(argChoices.join(' '))}` : ''
              } -d ${quoted(description)}`,
            ]
          : [],
      ),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
