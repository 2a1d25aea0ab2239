import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import type { CompletedCommand } from './commands/completion.ts';
import { briefly, commandOf, groupOf } from './parser.ts';
import { registerSchemes } from './stores/register-schemes.ts';
import { EXIT } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import { reportFailure } from './terminal/report-failure.ts';
import { DIFF, INSPECT, SALVAGE, TEST, VERIFY } from './usage/check.ts';
import { APPLY, COMPACT, HISTORY, REVERT, SET, UNSET } from './usage/collections.ts';
import type { ArgsOf, ArgumentUsage, CommandUsage } from './usage/command-usage.ts';
import { COMMAND_GROUPS } from './usage/groups.ts';
import { JOB_ABORT, JOB_COMMIT, JOB_PLAN, JOB_STATUS, JOB_TASK, JOB_TEMPLATE } from './usage/job-steps.ts';
import { READ_SPLIT, RUN, SPLITS } from './usage/jobs.ts';
import { CONSUME, PRODUCE } from './usage/logs.ts';
import { COMPLETION, DELETE, INFO, LIST, RENAME, SWEEP } from './usage/manage.ts';
import {
  KV_DELETE,
  KV_GET,
  KV_HISTORY,
  KV_KEYS,
  KV_LIST,
  KV_NAMESPACES,
  KV_PURGE,
  KV_RENDER,
  KV_SET,
} from './usage/namespaces.ts';
import { AT, CEILING, COUNT, EXPORT, FIRST, FLOOR, GET, LAST, RANK, SAMPLE, SCAN } from './usage/read.ts';
import { SERVE } from './usage/serve.ts';
import {
  TABLE_ALTER,
  TABLE_APPEND,
  TABLE_CREATE,
  TABLE_DELETE,
  TABLE_DROP,
  TABLE_INFO,
  TABLE_LIST,
  TABLE_LOOKUP,
  TABLE_RECORDS,
  TABLE_SCAN,
  TABLE_UPSERT,
} from './usage/tables.ts';
import { COPY, IMPORT, MERGE } from './usage/write.ts';

export { processIo } from './terminal/io.ts';

/**
 * Runs one command line, without the name of the program, and resolves with the exit code. A failure is
 * one message on standard error.
 */
export async function runCairn(argv: readonly string[], io: Io): Promise<number> {
  let code = EXIT.ok;
  try {
    // -h is the short help, --help the long one, of whatever they are asked.
    const brief = argv.includes('-h') && !argv.includes('--help');
    // Of a command that there isn't, the parser would print all of the help.
    const isHelp =
      argv[0] === 'help' &&
      argv[1] !== undefined &&
      !COMMANDS.some(({ usage }) => usage.name.split(' ')[0] === argv[1]);
    const words = isHelp ? argv.slice(1) : argv;
    const program = buildProgram(words[0], brief, io, (result) => {
      code = result;
    });
    await program.parseAsync([...words], { from: 'user' });
    return code;
  } catch (error) {
    // The parser has printed the problem, or the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportFailure(error, io);
  }
}

/** A command, and what it does. */
interface CairnCommand {
  readonly usage: CommandUsage;
  run(args: Readonly<Record<string, unknown>>, io: Io): Promise<number>;
}

/** The code of a command is loaded when it runs, so that a look-up doesn't wait for the code of an import. */
const COMMANDS: readonly CairnCommand[] = [
  cairnCommand(IMPORT, async (args, io) => (await import('./commands/import.ts')).runImport(args, io)),
  cairnCommand(EXPORT, async (args, io) => (await import('./commands/export.ts')).runExport(args, io)),
  cairnCommand(GET, async (args, io) => (await import('./commands/get.ts')).runGet(args, io)),
  cairnCommand(FLOOR, async (args, io) => (await import('./commands/floor.ts')).runFloor(args, io)),
  cairnCommand(CEILING, async (args, io) => (await import('./commands/ceiling.ts')).runCeiling(args, io)),
  cairnCommand(FIRST, async (args, io) => (await import('./commands/first.ts')).runFirst(args, io)),
  cairnCommand(LAST, async (args, io) => (await import('./commands/last.ts')).runLast(args, io)),
  cairnCommand(RANK, async (args, io) => (await import('./commands/rank.ts')).runRank(args, io)),
  cairnCommand(AT, async (args, io) => (await import('./commands/at.ts')).runAt(args, io)),
  cairnCommand(SAMPLE, async (args, io) => (await import('./commands/sample.ts')).runSample(args, io)),
  cairnCommand(SCAN, async (args, io) => (await import('./commands/scan.ts')).runScan(args, io)),
  cairnCommand(COUNT, async (args, io) => (await import('./commands/count.ts')).runCount(args, io)),
  cairnCommand(INFO, async (args, io) => (await import('./commands/info.ts')).runInfo(args, io)),
  cairnCommand(VERIFY, async (args, io) => (await import('./commands/verify.ts')).runVerify(args, io)),
  cairnCommand(INSPECT, async (args, io) => (await import('./commands/inspect.ts')).runInspect(args, io)),
  cairnCommand(DIFF, async (args, io) => (await import('./commands/diff.ts')).runDiff(args, io)),
  cairnCommand(MERGE, async (args, io) => (await import('./commands/merge.ts')).runMerge(args, io)),
  cairnCommand(COPY, async (args, io) => (await import('./commands/copy.ts')).runCopy(args, io)),
  cairnCommand(SALVAGE, async (args, io) => (await import('./commands/salvage.ts')).runSalvage(args, io)),
  cairnCommand(RENAME, async (args, io) => (await import('./commands/rename.ts')).runRename(args, io)),
  cairnCommand(DELETE, async (args, io) => (await import('./commands/delete.ts')).runDelete(args, io)),
  cairnCommand(LIST, async (args, io) => (await import('./commands/list.ts')).runList(args, io)),
  cairnCommand(SWEEP, async (args, io) => (await import('./commands/sweep.ts')).runSweep(args, io)),
  cairnCommand(TEST, async (args, io) => (await import('./commands/test.ts')).runTest(args, io)),
  cairnCommand(SET, async (args, io) => (await import('./commands/set.ts')).runSet(args, io)),
  cairnCommand(UNSET, async (args, io) => (await import('./commands/unset.ts')).runUnset(args, io)),
  cairnCommand(APPLY, async (args, io) => (await import('./commands/apply.ts')).runApply(args, io)),
  cairnCommand(COMPACT, async (args, io) => (await import('./commands/compact.ts')).runCompact(args, io)),
  cairnCommand(HISTORY, async (args, io) => (await import('./commands/history.ts')).runHistory(args, io)),
  cairnCommand(REVERT, async (args, io) => (await import('./commands/revert.ts')).runRevert(args, io)),
  cairnCommand(PRODUCE, async (args, io) => (await import('./commands/produce.ts')).runProduce(args, io)),
  cairnCommand(CONSUME, async (args, io) => (await import('./commands/consume.ts')).runConsume(args, io)),
  cairnCommand(RUN, async (args, io) => (await import('./commands/run.ts')).runRun(args, io)),
  cairnCommand(JOB_PLAN, async (args, io) => (await import('./commands/job-plan.ts')).runJobPlan(args, io)),
  cairnCommand(JOB_TASK, async (args, io) => (await import('./commands/job-task.ts')).runJobTask(args, io)),
  cairnCommand(JOB_STATUS, async (args, io) =>
    (await import('./commands/job-status.ts')).runJobStatus(args, io),
  ),
  cairnCommand(JOB_COMMIT, async (args, io) =>
    (await import('./commands/job-commit.ts')).runJobCommit(args, io),
  ),
  cairnCommand(JOB_ABORT, async (args) => (await import('./commands/job-abort.ts')).runJobAbort(args)),
  cairnCommand(JOB_TEMPLATE, async (args, io) =>
    (await import('./commands/job-template.ts')).runJobTemplate(args, io),
  ),
  cairnCommand(SPLITS, async (args, io) => (await import('./commands/splits.ts')).runSplits(args, io)),
  cairnCommand(READ_SPLIT, async (args, io) =>
    (await import('./commands/read-split.ts')).runReadSplit(args, io),
  ),
  cairnCommand(SERVE, async (args, io) => (await import('./commands/serve.ts')).runServe(args, io)),
  cairnCommand(KV_SET, async (args, io) => (await import('./commands/kv-set.ts')).runKvSet(args, io)),
  cairnCommand(KV_GET, async (args, io) => (await import('./commands/kv-get.ts')).runKvGet(args, io)),
  cairnCommand(KV_KEYS, async (args, io) => (await import('./commands/kv-keys.ts')).runKvKeys(args, io)),
  cairnCommand(KV_LIST, async (args, io) => (await import('./commands/kv-list.ts')).runKvList(args, io)),
  cairnCommand(KV_DELETE, async (args, io) =>
    (await import('./commands/kv-delete.ts')).runKvDelete(args, io),
  ),
  cairnCommand(KV_PURGE, async (args, io) => (await import('./commands/kv-purge.ts')).runKvPurge(args, io)),
  cairnCommand(KV_HISTORY, async (args, io) =>
    (await import('./commands/kv-history.ts')).runKvHistory(args, io),
  ),
  cairnCommand(KV_RENDER, async (args, io) =>
    (await import('./commands/kv-render.ts')).runKvRender(args, io),
  ),
  cairnCommand(KV_NAMESPACES, async (args, io) =>
    (await import('./commands/kv-namespaces.ts')).runKvNamespaces(args, io),
  ),
  cairnCommand(TABLE_CREATE, async (args, io) =>
    (await import('./commands/table-create.ts')).runTableCreate(args, io),
  ),
  cairnCommand(TABLE_DROP, async (args, io) =>
    (await import('./commands/table-drop.ts')).runTableDrop(args, io),
  ),
  cairnCommand(TABLE_LIST, async (args, io) =>
    (await import('./commands/table-list.ts')).runTableList(args, io),
  ),
  cairnCommand(TABLE_INFO, async (args, io) =>
    (await import('./commands/table-info.ts')).runTableInfo(args, io),
  ),
  cairnCommand(TABLE_ALTER, async (args, io) =>
    (await import('./commands/table-alter.ts')).runTableAlter(args, io),
  ),
  cairnCommand(TABLE_UPSERT, async (args, io) =>
    (await import('./commands/table-upsert.ts')).runTableUpsert(args, io),
  ),
  cairnCommand(TABLE_APPEND, async (args, io) =>
    (await import('./commands/table-append.ts')).runTableAppend(args, io),
  ),
  cairnCommand(TABLE_DELETE, async (args, io) =>
    (await import('./commands/table-delete.ts')).runTableDelete(args, io),
  ),
  cairnCommand(TABLE_LOOKUP, async (args, io) =>
    (await import('./commands/table-lookup.ts')).runTableLookup(args, io),
  ),
  cairnCommand(TABLE_SCAN, async (args, io) =>
    (await import('./commands/table-scan.ts')).runTableScan(args, io),
  ),
  cairnCommand(TABLE_RECORDS, async (args, io) =>
    (await import('./commands/table-records.ts')).runTableRecords(args, io),
  ),
  cairnCommand(COMPLETION, async ({ shell }, io) =>
    (await import('./commands/completion.ts')).runCompletion(shell, describeCommands(), io),
  ),
];

/** Ties what is done to what can be said: their types have to agree. */
function cairnCommand<Usage extends CommandUsage>(
  usage: Usage,
  run: (args: ArgsOf<Usage>, io: Io) => Promise<number>,
): CairnCommand {
  // The parser makes the arguments from the usage.
  return { usage, run: (args, io) => run(args as ArgsOf<Usage>, io) };
}

/** The parser of a command line that begins with `name`: if that is a command or a group of some, it alone is built. */
function buildProgram(
  name: string | undefined,
  brief: boolean,
  io: Io,
  done: (code: number) => void,
): Command {
  const program = new Command('cairn')
    .description(
      'Sorted key-value stores, built once and opened from anywhere, and collections, which change by commits.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help, short or long')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', brief ? '\nMore: --help, cairn <command> -h\n' : EXIT_CODES)
    .exitOverride()
    // Commands have options of the same names: --version of a collection.
    .enablePositionalOptions()
    .hook('preAction', (_, command) =>
      registerSchemes([...command.args, ...Object.values(command.optsWithGlobals())], io.env),
    )
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) =>
        write(
          `cairn: ${text
            .replace(/^error: /, '')
            .trim()
            .replaceAll('\n', ' ')}\n`,
        ),
    });
  const named = COMMANDS.filter(({ usage }) => usage.name.split(' ')[0] === name);
  const groups = new Map<string, Command>();
  const parentOf = ([word, second]: readonly string[]): Command => {
    if (second === undefined) return program;
    const known = groups.get(word);
    if (known !== undefined) return known;
    const group = groupOf(word, COMMAND_GROUPS[word], brief)
      .helpGroup(headingOf(word))
      .copyInheritedSettings(program);
    program.addCommand(group);
    groups.set(word, group);
    return group;
  };
  for (const { usage, run } of named.length > 0 ? named : COMMANDS) {
    const command = commandOf(usage, brief)
      .helpGroup(headingOf(usage.name))
      .copyInheritedSettings(program)
      .action(async () => {
        const args: Record<string, unknown> = { ...command.parent?.opts(), ...command.opts() };
        const named = Object.entries<ArgumentUsage>(usage.arguments);
        for (const [i, [name, { isStore }]] of named.entries()) {
          const given: unknown = command.processedArgs[i];
          args[name] = isStore === true ? withoutLog(given) : given;
        }
        done(await run(args, io));
      });
    parentOf(usage.name.split(' ')).addCommand(command);
  }
  return program;
}

/** A log is a store: `log:` in front of its URI says nothing more. */
function withoutLog(given: unknown): unknown {
  if (Array.isArray(given)) return given.map(withoutLog);
  return typeof given === 'string' ? given.replace(/^log:/i, '') : given;
}

/** Commands by what they are for, in the order of the help. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Make and copy': ['import', 'export', 'merge', 'copy', 'rename', 'delete'],
  Read: ['get', 'scan', 'count', 'floor', 'ceiling', 'first', 'last', 'rank', 'at', 'sample', 'diff'],
  'Look after': ['info', 'list', 'verify', 'inspect', 'salvage', 'sweep', 'test'],
  Collections: ['set', 'unset', 'apply', 'compact', 'history', 'revert'],
  'Logs and jobs': ['produce', 'consume', 'run', 'job', 'splits', 'read-split'],
  'Tables and values': ['table', 'kv'],
  Serve: ['serve'],
};

function headingOf(command: string): string {
  return `${Object.keys(GROUPS).find((group) => GROUPS[group].includes(command)) ?? 'Other'}:`;
}

const EXIT_CODES = `
Exit codes:
  0  success
  1  a key does not exist, or stores differ
  2  the command line or the input is refused, or the target exists
  3  a store or collection is damaged, or of a newer format
  4  the disk, the network or another device failed, or a store was replaced while it was read
  5  there is no such store, collection or version
  129, 130, 143  ended by SIGHUP, SIGINT or SIGTERM

If the reader of the output leaves early, as head does, printing stops; the exit code is that of the work.

cairn <command> -h shows its options, cairn <command> --help all about them, with examples.
`;

function version(): string {
  const { version: text } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  return text;
}

/** Options whose value is a file, a directory or a store. */
const PATHS = /<(?:file|dir|store|collection)>/;

function describeCommands(): readonly CompletedCommand[] {
  return COMMANDS.map(({ usage }) => {
    const command = commandOf(usage);
    return {
      name: usage.name,
      description: briefly(usage.description),
      options: [...command.options, new Option('-h, --help', 'print help, short or long')].map((option) => ({
        names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
        description: briefly(option.description),
        takesValue: option.required || option.optional,
        takesPath: PATHS.test(option.flags),
        choices: option.argChoices ?? [],
      })),
      choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    };
  });
}
