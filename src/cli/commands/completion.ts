import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { Shell } from '../usage/choices.ts';
import { COMMAND_GROUPS } from '../usage/groups.ts';

/** A command as completion sees it. */
export interface CompletedCommand {
  /** One word, or two: the first is that of a group. */
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
  /** Whether the value may be a path. */
  readonly takesPath: boolean;
  /** What its value may be, where that is a closed list. */
  readonly choices: readonly string[];
}

/** Prints a completion script. Where nothing is known, files are offered: stores are paths. */
export async function runCompletion(
  shell: Shell,
  commands: readonly CompletedCommand[],
  io: Io,
): Promise<number> {
  const script = { bash, zsh, fish, powershell }[shell](commands);
  const output = new Output(io.stdout);
  output.write(script);
  await output.finish();
  return EXIT.ok;
}

/** A word at the beginning of command lines: a command of that name, or those of a group. */
type FirstWord = readonly [word: string, command: CompletedCommand | readonly CompletedCommand[]];

function firstWords(commands: readonly CompletedCommand[]): FirstWord[] {
  const words = new Map<string, CompletedCommand | CompletedCommand[]>();
  for (const command of commands) {
    const [word, second] = command.name.split(' ');
    const known = words.get(word);
    if (second === undefined) words.set(word, command);
    else if (Array.isArray(known)) known.push({ ...command, name: second });
    else words.set(word, [{ ...command, name: second }]);
  }
  return [...words];
}

function namesOf(commands: readonly CompletedCommand[]): string {
  return commands.map(({ name }) => name).join(' ');
}

function isGroup(
  command: CompletedCommand | readonly CompletedCommand[],
): command is readonly CompletedCommand[] {
  return Array.isArray(command);
}

function bash(commands: readonly CompletedCommand[]): string {
  const caseOf = ({ name, options, choices }: CompletedCommand): string => {
    const words = [...options.flatMap(({ names }) => names), ...choices].join(' ');
    const values = options
      .filter(({ choices: allowed }) => allowed.length > 0)
      .map(({ names, choices: allowed }) => `        ${names.join('|')}) words='${allowed.join(' ')}' ;;\n`);
    const chosen = values.length === 0 ? '' : `      case "$previous" in\n${values.join('')}      esac\n`;
    return `    ${name})\n      words='${words}'\n${chosen}      ;;\n`;
  };
  const cases = firstWords(commands).map(([word, command]) =>
    isGroup(command)
      ? `    ${word})
      if [ "$COMP_CWORD" -eq 2 ]; then
        words='${namesOf(command)} help'
      else
        case "\${COMP_WORDS[2]}" in
${command.map(caseOf).join('')}        esac
      fi
      ;;
`
      : caseOf(command),
  );
  return `# bash completion for cairn: source <(cairn completion bash)
_cairn() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${firstWords(commands)
      .map(([word]) => word)
      .join(' ')} help --help --version'
  elif [ "\${COMP_WORDS[1]}" = help ]; then
    words='${firstWords(commands)
      .map(([word]) => word)
      .join(' ')}'
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
  const caseOf = ({ name, options, choices }: CompletedCommand): string => {
    const specs = options.flatMap(({ names: flags, description, takesValue, takesPath, choices: allowed }) =>
      flags.map((flag) => {
        const value = !takesValue
          ? ''
          : allowed.length > 0
            ? `:value:(${allowed.join(' ')})`
            : takesPath
              ? ':file:_files'
              : ':value: ';
        return zshQuote(`${flag}[${description.replace(/[[\]:\\]/g, '\\$&')}]${value}`);
      }),
    );
    const rest = zshQuote(choices.length > 0 ? `*:value:(${choices.join(' ')})` : '*:store:_files');
    return `    ${name}) _arguments ${[...specs, rest].join(' ')} ;;\n`;
  };
  const described = (word: string, description: string): string =>
    `    ${zshQuote(`${word}:${description}`)}\n`;
  const words = firstWords(commands);
  const names = words.map(([word, command]) =>
    described(word, isGroup(command) ? COMMAND_GROUPS[word].description : command.description),
  );
  const cases = words.map(([word, command]) =>
    isGroup(command)
      ? `    ${word})
  commands=(
${command.map(({ name, description }) => described(name, description)).join('')}  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case "$words[1]" in
${command.map(caseOf).join('')}  esac
  ;;
`
      : caseOf(command),
  );
  return `#compdef cairn
# zsh completion for cairn: source <(cairn completion zsh)
_cairn() {
  local -a commands
  commands=(
${names.join('')}  )
  if (( CURRENT == 2 )) || [[ $words[2] == help ]]; then
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
  const add = (command: CompletedCommand, condition: string): void => {
    const { options, choices } = command;
    if (choices.length > 0)
      lines.push(`complete -c cairn ${condition} -f -a ${fishQuote(choices.join(' '))}`);
    for (const { names, description: text, takesValue, takesPath, choices: allowed } of options) {
      const flags = names.map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const value = !takesValue
        ? ''
        : allowed.length > 0
          ? ` -x -a ${fishQuote(allowed.join(' '))}`
          : takesPath
            ? ' -r'
            : ' -x';
      lines.push(`complete -c cairn ${condition} ${flags.join(' ')}${value} -d ${fishQuote(text)}`);
    }
  };
  for (const [word, command] of firstWords(commands)) {
    const description = isGroup(command) ? COMMAND_GROUPS[word].description : command.description;
    lines.push(`complete -c cairn -n __fish_use_subcommand -a ${word} -d ${fishQuote(description)}`);
    const seen = `__fish_seen_subcommand_from ${word}`;
    if (!isGroup(command)) {
      add(command, `-n '${seen}'`);
      continue;
    }
    const unnamed = `-n '${seen}; and not __fish_seen_subcommand_from ${namesOf(command)}'`;
    for (const one of command) {
      lines.push(`complete -c cairn ${unnamed} -f -a ${one.name} -d ${fishQuote(one.description)}`);
      add(one, `-n '${seen}; and __fish_seen_subcommand_from ${one.name}'`);
    }
  }
  lines.push(
    `complete -c cairn -n '__fish_seen_subcommand_from help' -f -a ${fishQuote(
      firstWords(commands)
        .map(([word]) => word)
        .join(' '),
    )}`,
  );
  return `${lines.join('\n')}\n`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/**
 * PowerShell calls back with the words of the line, the last of them unfinished.
 */
function powershell(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, options, choices }) => {
    const words = [
      ...options.flatMap(({ names, description }) =>
        names.map((flag) => `      @(${psQuote(flag)}, ${psQuote(description)})`),
      ),
      ...choices.map((choice) => `      @(${psQuote(choice)}, ${psQuote(choice)})`),
    ];
    const values = options
      .filter(({ choices: allowed }) => allowed.length > 0)
      .map(
        ({ names, choices: allowed }) =>
          `      { $_ -in ${names.map(psQuote).join(', ')} } { $words = ${allowed.map((one) => `@(${psQuote(one)}, ${psQuote(one)})`).join(', ')} }\n`,
      );
    const chosen = values.length === 0 ? '' : `    switch ($previous) {\n${values.join('')}    }\n`;
    return `    ${psQuote(name)} {\n    $words = @(\n${words.join(',\n')}\n    )\n${chosen}    }\n`;
  });
  const grouped = firstWords(commands).flatMap(([word, command]) =>
    isGroup(command)
      ? [
          `    ${psQuote(word)} {\n    $words = @(\n${command
            .map(({ name, description }) => `      @(${psQuote(name)}, ${psQuote(description)})`)
            .join(',\n')}\n    )\n    }\n`,
        ]
      : [],
  );
  const names = firstWords(commands).map(([word, command]) => {
    const description = isGroup(command) ? COMMAND_GROUPS[word].description : command.description;
    return `      @(${psQuote(word)}, ${psQuote(description)})`;
  });
  return `# PowerShell completion for cairn: cairn completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName cairn -ScriptBlock {
  param($current, $line, $at)
  $given = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $at } | ForEach-Object { "$_" })
  $previous = $given[-1]
  if ($given.Count -le 1 -or $previous -eq 'help') {
    $words = @(
${names.join(',\n')}
    )
  } else {
    $words = @()
    # The steps of jobs and their like have two words.
    $two = "$($given[1]) $($given[2])"
    switch ($given[1], $two) {
${[...grouped, ...cases].join('')}    }
  }
  $words | Where-Object { $_[0] -like "$current*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
  }
}
`;
}

function psQuote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
