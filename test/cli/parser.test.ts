import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { commandOf } from '../../src/cli/parser.ts';
import * as check from '../../src/cli/usage/check.ts';
import * as collections from '../../src/cli/usage/collections.ts';
import type { CommandUsage } from '../../src/cli/usage/command-usage.ts';
import * as jobSteps from '../../src/cli/usage/job-steps.ts';
import * as jobs from '../../src/cli/usage/jobs.ts';
import * as logs from '../../src/cli/usage/logs.ts';
import * as manage from '../../src/cli/usage/manage.ts';
import * as namespaces from '../../src/cli/usage/namespaces.ts';
import * as read from '../../src/cli/usage/read.ts';
import * as serve from '../../src/cli/usage/serve.ts';
import { SHARED_OPTIONS } from '../../src/cli/usage/shared-options.ts';
import * as tables from '../../src/cli/usage/tables.ts';
import * as write from '../../src/cli/usage/write.ts';
import { COMMANDS, GROUPED_COMMANDS } from '../support/run-cairn.ts';

const GROUPS = [check, collections, jobs, jobSteps, logs, manage, namespaces, read, serve, tables, write];
const USAGES: readonly CommandUsage[] = GROUPS.flatMap((group) =>
  Object.values<CommandUsage | object>(group).filter((usage): usage is CommandUsage => 'arguments' in usage),
);

describe('the usages of commands', () => {
  it('are those of all commands', () => {
    expect(USAGES.map(({ name }) => name).sort()).toEqual([...COMMANDS, ...GROUPED_COMMANDS].sort());
  });

  it.each(USAGES.map((usage) => [usage.name, usage] as const))(
    '%s knows each option by the name that the parser gives it',
    (_, usage) => {
      const options = [...(usage.shared ?? []).map((name) => SHARED_OPTIONS[name]), usage.options];
      const keys = options.flatMap((group) => Object.keys(group));
      expect(commandOf(usage).options.map((option) => option.attributeName())).toEqual(keys);
      expect(new Set(keys).size).toBe(keys.length);
      for (const { conflicts = [] } of Object.values(usage.options)) {
        for (const other of conflicts) expect(keys).toContain(other);
      }
    },
  );

  it.each([
    ['text', 'a', 'a'],
    ['size', '64k', 65_536],
    ['count', '7', 7],
    ['duration', '2h', 7_200_000],
    ['time', '2026-11-20T00:00:00Z', Date.UTC(2026, 10, 20)],
    ['regExp', '^#', /^#/u],
    ['jsonObject', '{"a":1}', { a: 1 }],
    ['compression', 'zstd', 'zstd'],
  ] as const)('a value that is %s is read from text', (takes, text, value) => {
    expect(parsed({ value: { flags: '--value <v>', help: '', takes } }, ['--value', text])).toEqual({
      value,
    });
  });

  it('values of a repeated option are a list', () => {
    const options = {
      file: { flags: '-f, --file <file>', help: '', takes: 'texts' },
      bucket: { flags: '--bucket <n>', help: '', takes: 'counts' },
    } as const;
    expect(parsed(options, ['-f', 'a', '--bucket', '3', '--file', 'b', '--bucket', '1'])).toEqual({
      file: ['a', 'b'],
      bucket: [3, 1],
    });
  });

  it('options that conflict exclude each other, and a default excludes nothing', () => {
    const options = {
      a: { flags: '--a', help: '', conflicts: ['b'] },
      b: { flags: '--b <b>', help: '', takes: 'text', default: 'x' },
    } as const;
    expect(parsed(options, ['--a'])).toEqual({ a: true, b: 'x' });
    expect(() => parsed(options, ['--a', '--b', 'y'])).toThrow(CommanderError);
  });
});

function parsed(options: CommandUsage['options'], argv: readonly string[]): Record<string, unknown> {
  const usage = { name: 'x', description: '', examples: [], arguments: {}, options };
  return commandOf(usage)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .action(() => undefined)
    .parse(argv, { from: 'user' })
    .opts();
}
