import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { Shell } from '../usage/choices.ts';

/** A command as completion sees it. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** What its argument may be, where that is a closed list. */
  readonly choices: readonly string[];
}

export interface CompletedOption {
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** What its value may be, where that is a closed list. */
  readonly choices: readonly string[];
}

/** Prints a completion script. Where nothing is known, files are offered: stores are paths. */
export async function runCompletion(
  shell: Shell,
  commands: readonly CompletedCommand[],
  io: Io,
): Promise<number> {
  const script = { bash, zsh, fish }[shell](commands);
  const output = new Output(io.stdout);
  output.write(script);
  await output.finish();
  return EXIT.ok;
}

function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, options, choices }) => {
    const words = [...options.flatMap(({ names }) => names), ...choices].join(' ');
    const values = options
      .filter(({ choices: allowed }) => allowed.length > 0)
      .map(({ names, choices: allowed }) => `        ${names.join('|')}) words='${allowed.join(' ')}' ;;\n`);
    const chosen = values.length === 0 ? '' : `      case "$previous" in\n${values.join('')}      esac\n`;
    return `    ${name})\n      words='${words}'\n${chosen}      ;;\n`;
  });
  return `# bash completion for cairn: source <(cairn completion bash)
_cairn() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${commands.map(({ name }) => name).join(' ')} help --help --version'
  else
    case "\${COMP_WORDS[1]}" in
${cases.join('')}    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _cairn cairn
`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name, description }) => `    ${zshQuote(`${name}:${description}`)}\n`);
  const cases = commands.map(({ name, options, choices }) => {
    const specs = options.flatMap(({ names: flags, description, takesValue, choices: allowed }) =>
      flags.map((flag) => {
        const value = !takesValue
          ? ''
          : allowed.length > 0
            ? `:value:(${allowed.join(' ')})`
            : ':value:_files';
        return zshQuote(`${flag}[${description.replace(/[[\]:]/g, ' ')}]${value}`);
      }),
    );
    const rest = zshQuote(choices.length > 0 ? `*:value:(${choices.join(' ')})` : '*:store:_files');
    return `    ${name}) _arguments ${[...specs, rest].join(' ')} ;;\n`;
  });
  return `#compdef cairn
# zsh completion for cairn: source <(cairn completion zsh)
_cairn() {
  local -a commands
  commands=(
${names.join('')}  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case "$words[1]" in
${cases.join('')}  esac
}
compdef _cairn cairn
`;
}

function zshQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = ['# fish completion for cairn: cairn completion fish | source'];
  for (const { name, description, options, choices } of commands) {
    lines.push(`complete -c cairn -n __fish_use_subcommand -a ${name} -d ${fishQuote(description)}`);
    const condition = `-n '__fish_seen_subcommand_from ${name}'`;
    if (choices.length > 0)
      lines.push(`complete -c cairn ${condition} -f -a ${fishQuote(choices.join(' '))}`);
    for (const { names, description: text, takesValue, choices: allowed } of options) {
      const flags = names.map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const value = !takesValue ? '' : allowed.length > 0 ? ` -x -a ${fishQuote(allowed.join(' '))}` : ' -r';
      lines.push(`complete -c cairn ${condition} ${flags.join(' ')}${value} -d ${fishQuote(text)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
