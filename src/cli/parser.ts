import { Command, InvalidArgumentError, Option } from 'commander';
import { KEY_ENCODINGS, VALUE_ENCODINGS } from '../codec/encoding-names.ts';
import { KV_TYPES } from '../namespace/kv-type.ts';
import {
  COMPRESSIONS,
  DUPLICATE_RULES,
  ENGINES,
  ENTRY_FORMATS,
  ENTRY_OUTPUTS,
  IMPORT_KEY_FORMATS,
  INPUT_COMPRESSIONS,
  KEY_FORMATS,
  OVERLAP_RULES,
  RECORD_OUTPUTS,
  SHELLS,
  TEMPLATES,
} from './usage/choices.ts';
import type { CommandUsage, OptionUsage, ValueTypes } from './usage/command-usage.ts';
import type { CommandGroup } from './usage/groups.ts';
import { SHARED_OPTIONS } from './usage/shared-options.ts';
import { parseByteCount, parseCount, parseDuration } from './words/quantity.ts';
import { parseTimestamp } from './words/timestamp.ts';

/**
 * The parser of a command: its arguments, options and help, without what it does. A `brief` help has a line for each option
 * and one example.
 */
export function commandOf(usage: CommandUsage, brief = false): Command {
  const examples = brief ? usage.examples.slice(0, 1) : usage.examples;
  const more = brief ? '\nMore: --help\n' : '';
  const command = new Command(usage.name.split(' ').at(-1))
    .description(brief ? briefly(usage.description) : usage.description)
    .addHelpText('after', `${examplesText(examples)}${more}`);
  if (usage.synopsis !== undefined) command.usage(usage.synopsis);
  for (const { form, help, takes = 'text' } of Object.values(usage.arguments)) {
    const argument = command.createArgument(form, brief ? briefly(help) : help);
    const { choices, parse } = VALUES[takes];
    if (choices !== undefined) argument.choices(choices);
    if (parse !== undefined) argument.argParser(parse);
    command.addArgument(argument);
  }
  for (const options of [...(usage.shared ?? []).map((name) => SHARED_OPTIONS[name]), usage.options]) {
    for (const option of Object.values<OptionUsage>(options)) command.addOption(optionOf(option, brief));
  }
  return command;
}

/** Returns the first clause of a help text, without what is in brackets. */
export function briefly(help: string): string {
  return help.replace(/ \([^()]*\)/g, '').split('; ', 1)[0];
}

/** The parser of a group of commands, without these. */
export function groupOf(
  word: string,
  { description, examples, options }: CommandGroup,
  brief = false,
): Command {
  const group = new Command(word).description(description).addHelpText('after', examplesText(examples));
  for (const option of Object.values(options)) group.addOption(optionOf(option, brief));
  return group;
}

function examplesText(examples: readonly string[]): string {
  return `\nExamples:\n${examples.map((example) => `  $ ${example}\n`).join('')}`;
}

function optionOf(
  { flags, help, takes, default: byDefault, conflicts, hidden, group }: OptionUsage,
  brief: boolean,
): Option {
  const option = new Option(flags, brief ? briefly(help) : help);
  if (group !== undefined && !brief) option.helpGroup(`${group}:`);
  const { choices, parse } = takes === undefined ? {} : VALUES[takes];
  if (choices !== undefined) option.choices(choices);
  if (parse !== undefined) option.argParser(parse);
  if (byDefault !== undefined) option.default(byDefault);
  if (conflicts !== undefined) option.conflicts([...conflicts]);
  return hidden === true ? option.hideHelp() : option;
}

/** How the text of a value becomes the value. */
interface ValueReading {
  readonly choices?: readonly string[];
  /** @param before what the option has already, where it is repeated. @throws {InvalidArgumentError} */
  readonly parse?: (text: string, before: unknown) => unknown;
}

const VALUES: { readonly [Type in keyof ValueTypes]: ValueReading } = {
  text: {},
  texts: { parse: (text, before) => [...listOf(before), text] },
  names: { parse: (text, before) => [...listOf(before), ...text.split(',')] },
  size: { parse: parseByteCount },
  count: { parse: parseCount },
  counts: { parse: (text, before) => [...listOf(before), parseCount(text)] },
  duration: { parse: parseDuration },
  time: { parse: parseTimestamp },
  regExp: { parse: parseRegExp },
  jsonObject: { parse: parseJsonObject },
  entryFormat: { choices: ENTRY_FORMATS },
  importKeyFormat: { choices: IMPORT_KEY_FORMATS },
  keyFormat: { choices: KEY_FORMATS },
  inputCompression: { choices: INPUT_COMPRESSIONS },
  keyEncoding: { choices: KEY_ENCODINGS },
  valueEncoding: { choices: VALUE_ENCODINGS },
  compression: { choices: COMPRESSIONS },
  onDuplicate: { choices: DUPLICATE_RULES },
  onOverlap: { choices: OVERLAP_RULES },
  entryOutput: { choices: ENTRY_OUTPUTS },
  recordOutput: { choices: RECORD_OUTPUTS },
  shell: { choices: SHELLS },
  kvType: { choices: KV_TYPES },
  engine: { choices: ENGINES },
  template: { choices: TEMPLATES },
};

function listOf(before: unknown): readonly unknown[] {
  return Array.isArray(before) ? before : [];
}

function parseRegExp(text: string): RegExp {
  if (text === '')
    throw new InvalidArgumentError('Write a regular expression; an empty one matches everything.');
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    throw new InvalidArgumentError(`Write a regular expression. ${(error as Error).message}.`);
  }
}

function parseJsonObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`Write a JSON object. ${(error as Error).message}.`);
  }
}
