import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { KEY_ENCODINGS, VALUE_ENCODINGS } from '../codec/encoding-names.ts';
import type { JsonValue } from '../codec/values/json.ts';
import type { CompletionArgs } from './commands/completion.ts';
import type { ConsumeArgs } from './commands/consume.ts';
import type { CopyArgs } from './commands/copy.ts';
import type { DiffArgs } from './commands/diff.ts';
import type { ExportArgs } from './commands/export.ts';
import type { FloorArgs } from './commands/floor.ts';
import type { GetArgs } from './commands/get.ts';
import type { ImportArgs } from './commands/import.ts';
import type { InfoArgs } from './commands/info.ts';
import type { InspectArgs } from './commands/inspect.ts';
import type { ListArgs } from './commands/list.ts';
import type { MergeArgs } from './commands/merge.ts';
import type { ProduceArgs } from './commands/produce.ts';
import type { SalvageArgs } from './commands/salvage.ts';
import type { ScanArgs } from './commands/scan.ts';
import type { SweepArgs } from './commands/sweep.ts';
import type { VerifyArgs } from './commands/verify.ts';
import { registerSchemes } from './stores/register-schemes.ts';
import { BrokenPipe, EXIT, exitCodeOf, messageOf } from './terminal/failure.ts';
import type { Io } from './terminal/io.ts';
import {
  ENTRY_FORMATS,
  IMPORT_KEY_FORMATS,
  INPUT_COMPRESSIONS,
  KEY_FORMATS,
  RECORD_OUTPUTS,
} from './words/choices.ts';
import { parseTemplate } from './words/entry-template.ts';
import { parseByteCount, parseCount, parseDuration } from './words/quantity.ts';
import { parseTimestamp } from './words/timestamp.ts';

/**
 * Runs one command line, without the name of the program, and resolves with the exit code. Whatever goes wrong is
 * one message on standard error.
 */
export async function runCairn(argv: readonly string[], io: Io): Promise<number> {
  let code = EXIT.ok;
  try {
    const program = buildProgram(io, (result) => {
      code = result;
    });
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    // The parser has said what is wrong, or given the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof BrokenPipe)) io.stderr.write(`cairn: ${messageOf(error)}\n`);
    if (io.env.CAIRN_DEBUG !== undefined && error instanceof Error) io.stderr.write(`${error.stack}\n`);
    return exitCodeOf(error);
  }
}

/**
 * The commands, their options and their help. What they do is loaded when one is run, so that a look-up doesn't
 * wait for the code of an import.
 */
function buildProgram(io: Io, done: (code: number) => void): Command {
  const program = new Command('cairn')
    .description('Write-once, sorted key-value stores: built once, opened from anywhere.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .hook('preAction', (_, command) =>
      registerSchemes([...command.args, ...Object.values(command.opts())], io.env),
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

  const command = (usage: string, description: string, examples: readonly string[]): Command =>
    program
      .command(usage)
      .description(description)
      .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}\n`).join('')}`);

  formatOptions(
    command('import', 'write a store from text or binary entries', [
      "printf 'apple\\tred\\nbanana\\tyellow\\n' | cairn import fruit",
      "cairn import users -f /etc/passwd --key-separator ':' --sort",
      'cairn import prices -f prices.csv --format csv --key sku --numbers price,stock',
      'cairn import networks -f ipv4.csv.gz --format csv --columns start,end,asn,name --key start --key-format ip',
      'cairn import prices -f prices.jsonl --format jsonl --key sku --value price --compression zstd',
      'cairn import prices -f prices.json.zst --format json',
      'cairn import sessions -f sessions.msgpack --format msgpack',
      'env -0 | cairn import environment --format nul --key-separator = --sort',
      'cairn import blobs -f blobs.bin --format length-prefixed --key-encoding binary',
    ])
      .argument('<store>', 'where the store is made: a path or URI that does not exist')
      .option(
        '-f, --file <file>',
        'read this file; - is standard input (repeatable, read in that order)',
        collect,
      ),
  )
    .option('--columns <names>', 'csv: the names of the columns of a file without a header row')
    .option('--numbers <columns>', 'csv: columns that hold numbers; the others hold text')
    .option('--crlf', 'lines: a carriage return before the newline is no part of the line')
    .option('--skip-lines <regex>', 'lines, csv, jsonl: lines that match are no data', parseRegExp)
    .addOption(
      new Option('--decompress <how>', 'the input is compressed; auto goes by .gz and .zst')
        .choices([...INPUT_COMPRESSIONS])
        .default('auto'),
    )
    .addOption(
      new Option(
        '--key-encoding <encoding>',
        'how the store keeps keys (default: utf8; binary with --key-format; tuple of several columns)',
      ).choices(KEY_ENCODINGS),
    )
    .addOption(
      new Option(
        '--value-encoding <encoding>',
        'how the store keeps values (default: utf8; json of jsonl, json and several columns; msgpack of msgpack; binary of length-prefixed)',
      ).choices(VALUE_ENCODINGS),
    )
    .option('--partition-bytes <size>', 'the most bytes of one file, such as 64MiB', parseByteCount)
    .option('--block-bytes <size>', 'the size of blocks, such as 16KiB', parseByteCount)
    .addOption(new Option('--compression <name>', 'of blocks').choices(['none', 'deflate', 'zstd']))
    .option('--no-hash-index', 'leave out the index that makes get twice as fast')
    .option('--metadata <json>', 'a JSON object to keep in the store', parseMetadata)
    .option('--build-id <id>', 'stands in file names, so that the same input gives the same files')
    .option('--sort', 'the input is in any order: sort it, beyond --sort-memory by temporary files')
    .option('--sort-memory <size>', 'memory for sorting, such as 256MiB (default: 64MiB)', parseByteCount)
    .option(
      '--sort-directory <dir>',
      "where the temporary files of sorting go (default: the store's directory)",
    )
    .addOption(
      new Option('--duplicates <rule>', "which of equal keys' entries stays; error refuses them").choices([
        'error',
        'first',
        'last',
      ]),
    )
    .option('--skip-invalid', 'pass over whatever holds no entry, and count it')
    .option('--strict', 'refuse lines without a separator, which are passed over otherwise')
    .option('-v, --verbose', 'print [key] value for each entry put')
    .option('-q, --quiet', 'no summary and no progress bar')
    .option('--json', 'print what the store says of itself as JSON')
    .action(async (store: string, options: Omit<ImportArgs, 'store'>) => {
      const { runImport } = await import('./commands/import.ts');
      done(await runImport({ ...options, store }, io));
    });

  formatOptions(
    command('export', 'write the entries of a store as text or binary entries', [
      'cairn export fruit > fruit.tsv',
      'cairn export prices --format csv --key sku -o prices.csv',
      'cairn export prices --format jsonl -o prices.jsonl',
      'cairn export prices --format json | jq length',
      "cairn export fruit --template '{{key}} is {{value}}'",
      'cairn export fruit --key-value    # [apple] red',
    ])
      .argument('<store>', 'the store')
      .option('-o, --output <file>', 'write to this file instead of standard output; .gz is compressed'),
  )
    .option(
      '--columns <names>',
      'csv: the members of values that become columns (default: those of the first)',
    )
    .option(
      '-F, --template <text>',
      'write entries as this says, a line each: {{key}}, {{value}}',
      parseTemplate,
    )
    .option('--key-value', 'write [key] value lines')
    .option('-q, --quiet', 'no summary and no progress bar')
    .action(async (store: string, options: Omit<ExportArgs, 'store'>) => {
      const { runExport } = await import('./commands/export.ts');
      done(await runExport({ ...options, store }, io));
    });

  keyOptions(
    command('get', 'print the values of keys, one a line; exit code 1 when one is missing', [
      'cairn get fruit apple banana',
      'cairn get events \'["DE",42]\'    # a tuple',
      'cairn get pictures 0x00ff > picture.png    # a single value that is bytes comes as it is',
    ])
      .argument('<store>', 'the store')
      .argument('<key...>', 'the keys; after -- they may begin with a dash'),
  ).action(async (store: string, keys: string[], options: Omit<GetArgs, 'store' | 'keys'>) => {
    const { runGet } = await import('./commands/get.ts');
    done(await runGet({ ...options, store, keys }, io));
  });

  keyOptions(
    command('floor', 'print the entry with the greatest key up to one, as key<TAB>value', [
      'cairn floor networks 8.8.8.8',
      'cairn floor prices 2026-11-20',
    ])
      .argument('<store>', 'the store')
      .argument('<key>', 'the key'),
  ).action(async (store: string, key: string, options: Omit<FloorArgs, 'store' | 'key'>) => {
    const { runFloor } = await import('./commands/floor.ts');
    done(await runFloor({ ...options, store, key }, io));
  });

  keyOptions(
    rangeOptions(
      command('scan', 'print the entries of a range in key order, as key<TAB>value', [
        'cairn scan fruit --prefix b',
        'cairn scan prices --gte 2026-01 --lt 2026-02 --keys',
        'cairn scan prices --reverse --limit 10',
      ]).argument('<store>', 'the store'),
    ).option('--keys', 'print the keys alone'),
  ).action(async (store: string, options: Omit<ScanArgs, 'store'>) => {
    const { runScan } = await import('./commands/scan.ts');
    done(await runScan({ ...options, store }, io));
  });

  rangeOptions(
    command('count', 'print the number of entries in a range', [
      'cairn count fruit',
      'cairn count words --prefix cairn',
    ])
      .argument('<store>', 'the store')
      .addOption(keyFormatOption())
      .option('--json', 'print JSON'),
  ).action(async (store: string, options: Omit<ScanArgs, 'store'>) => {
    const { runCount } = await import('./commands/count.ts');
    done(await runCount({ ...options, store }, io));
  });

  command('info', 'print what a store says of itself', [
    'cairn info fruit',
    'cairn info fruit --json | jq .count',
  ])
    .argument('<store>', 'the store, or a single partition file')
    .addOption(keyFormatOption())
    .option('--json', 'print JSON')
    .action(async (store: string, options: Omit<InfoArgs, 'store'>) => {
      const { runInfo } = await import('./commands/info.ts');
      done(await runInfo({ ...options, store }, io));
    });

  command('verify', 'read all of a store and check everything; exit code 3 when it is damaged', [
    'cairn verify fruit',
  ])
    .argument('<store>', 'the store, or a single partition file')
    .option('-q, --quiet', 'say nothing when all is well')
    .option('--no-locate-bits', 'do not find out whether a single bit is wrong, and which')
    .option('--json', 'print the report as JSON')
    .action(async (store: string, options: Omit<VerifyArgs, 'store'>) => {
      const { runVerify } = await import('./commands/verify.ts');
      done(await runVerify({ ...options, store }, io));
    });

  command('inspect', 'print what a file of a store holds, byte by byte if need be; made for damaged files', [
    'cairn inspect fruit/data/part-*.cairn',
    'cairn inspect fruit/data/part-*.cairn --hex | less',
    'cairn inspect fruit/MANIFEST.json',
  ])
    .argument('<file>', 'a partition file, a manifest, or a store')
    .option('--hex', 'print the bytes of a partition, each with its meaning')
    .option('--json', 'print JSON')
    .action(async (file: string, options: Omit<InspectArgs, 'file'>) => {
      const { runInspect } = await import('./commands/inspect.ts');
      done(await runInspect({ ...options, file }, io));
    });

  command(
    'diff',
    'compare two stores: - only in the first, + only in the second, ~ another value; exit code 1 when they differ',
    ['cairn diff fruit-monday fruit-tuesday'],
  )
    .argument('<a>', 'a store')
    .argument('<b>', 'another store')
    .addOption(keyFormatOption())
    .option('-q, --quiet', 'only the exit code')
    .option('--json', 'print lines of JSON')
    .action(async (a: string, b: string, options: Omit<DiffArgs, 'a' | 'b'>) => {
      const { runDiff } = await import('./commands/diff.ts');
      done(await runDiff({ ...options, a, b }, io));
    });

  command('merge', 'make a new store of the entries of several', [
    'cairn merge monday tuesday both',
    'cairn merge tuesday all --move --on-duplicate last    # into a store that is there',
  ])
    .usage('[options] <from...> <to>')
    .argument('<store...>', 'the stores to merge, and the one to make at the end')
    .option('--move', 'delete the sources afterwards; <to> may exist and gains their entries')
    .addOption(
      new Option('--on-duplicate <rule>', 'which value an equal key has; error refuses to merge')
        .choices(['error', 'first', 'last'])
        .default('error'),
    )
    .option('-q, --quiet', 'no summary')
    .option('--json', 'print what the new store says of itself as JSON')
    .action(async (stores: string[], options: Omit<MergeArgs, 'stores'>) => {
      const { runMerge } = await import('./commands/merge.ts');
      done(await runMerge({ ...options, stores }, io));
    });

  command('copy', 'copy a store to another place, in any storage; every byte is checked on its way', [
    'cairn copy fruit /mnt/backup/fruit',
    'cairn copy fruit s3://bucket/fruit --resume    # goes on where it was cut short',
    'cairn copy https://example.org/stores/fruit fruit',
  ])
    .argument('<from>', 'the store')
    .argument('<to>', 'a path or URI that does not exist')
    .option('--resume', 'keep what a copy that was cut short has brought, and what this one will')
    .option('-q, --quiet', 'no summary and no progress bar')
    .option('--json', 'print what the copy says of itself as JSON')
    .action(async (from: string, to: string, options: Omit<CopyArgs, 'from' | 'to'>) => {
      const { runCopy } = await import('./commands/copy.ts');
      done(await runCopy({ ...options, from, to }, io));
    });

  command('salvage', 'copy what is intact of a damaged store; exit code 3 when something is lost', [
    'cairn salvage fruit fruit-saved',
  ])
    .argument('<store>', 'the damaged store, which stays as it is')
    .argument('<to>', 'a path or URI that does not exist')
    .option('-q, --quiet', 'no summary and no progress bar')
    .option('--json', 'print the report as JSON')
    .action(async (store: string, to: string, options: Omit<SalvageArgs, 'store' | 'to'>) => {
      const { runSalvage } = await import('./commands/salvage.ts');
      done(await runSalvage({ ...options, store, to }, io));
    });

  command('rename', 'give a store another path, in one step', ['cairn rename fruit archive/fruit'])
    .argument('<from>', 'the store')
    .argument('<to>', 'a path that does not exist')
    .action(async (from: string, to: string) => {
      const { runRename } = await import('./commands/rename.ts');
      done(await runRename({ from, to }));
    });

  command('delete', 'remove a store, complete or not', ['cairn delete fruit'])
    .argument('<store>', 'the store')
    .action(async (store: string) => {
      const { runDelete } = await import('./commands/delete.ts');
      done(await runDelete({ store }));
    });

  command('list', 'print the complete stores directly below a directory', [
    'cairn list .',
    'cairn list /data --json',
  ])
    .argument('<root>', 'the directory')
    .option('--json', 'print lines of JSON')
    .action(async (root: string, options: Omit<ListArgs, 'root'>) => {
      const { runList } = await import('./commands/list.ts');
      done(await runList({ ...options, root }, io));
    });

  command(
    'sweep',
    'remove what crashed writers left behind in a store, or in those directly below a directory',
    ['cairn sweep /data --dry-run', 'cairn sweep /data --older-than 2h'],
  )
    .argument('<root>', 'the store or directory')
    .option(
      '--older-than <duration>',
      'spare younger files: 30m, 2h, 1d, or 0 for none (default: 1d)',
      parseDuration,
    )
    .option('--dry-run', 'print what would be removed')
    .option('-q, --quiet', 'no summary')
    .option('--json', 'print lines of JSON')
    .action(async (root: string, options: Omit<SweepArgs, 'root'>) => {
      const { runSweep } = await import('./commands/sweep.ts');
      done(await runSweep({ ...options, root }, io));
    });

  command('test', 'write a store, read it back and remove it', ['cairn test', 'cairn test /mnt/volume'])
    .argument(
      '[uri]',
      'a directory to do it in, or a path that does not exist (default: the temporary directory)',
    )
    .action(async (uri: string | undefined) => {
      const { runTest } = await import('./commands/test.ts');
      done(await runTest(uri === undefined ? {} : { uri }, io));
    });

  command('produce', 'record lines, with keys or without, as a log: a store of records in buckets', [
    "cairn produce log:transactions --key-separator '=' -f transactions.txt",
    "printf 'alice=Deposit 100.00\\nbob=Withdraw 50.00\\n' | cairn produce log:accounts -v --key-separator = --buckets 3",
    'cairn produce log:pictures --raw --key cat -f cat.png',
  ])
    .argument('<log>', 'where the log is made: a path or URI that does not exist; log: in front is accepted')
    .option('-f, --file <file>', 'read this file; - is standard input (repeatable)', collect)
    .addOption(
      new Option('--key-separator <text>', 'ends the key of a line, at its first occurrence').conflicts([
        'key',
        'raw',
      ]),
    )
    .option('--key <text>', 'the key of every record')
    .option('--raw', 'make one record of each input, whatever is in it')
    .addOption(new Option('--crlf', 'leave out carriage returns before newlines').conflicts('raw'))
    .option('--strict', 'refuse a line without the separator instead of skipping it')
    .option('--buckets <n>', 'spread keys over so many buckets; a key stays in one (default: 1)', parseCount)
    .option(
      '--timestamp <time>',
      'the time of every record, as 2026-11-20T00:00:00Z (default: now)',
      parseTimestamp,
    )
    .option('--sort-memory <size>', 'memory for sorting several buckets, such as 256MiB', parseByteCount)
    .option('--partition-bytes <size>', 'the most bytes of one file, such as 64MiB', parseByteCount)
    .addOption(new Option('--compression <name>', 'of blocks').choices(['none', 'deflate', 'zstd']))
    .option('--build-id <id>', 'stands in file names: the same input and --timestamp give the same files')
    .option('-v, --verbose', 'print the records as [key] value')
    .option('-q, --quiet', 'no summary and no progress bar')
    .action(async (log: string, options: Omit<ProduceArgs, 'log'>) => {
      const { runProduce } = await import('./commands/produce.ts');
      done(await runProduce({ ...options, log }, io));
    });

  command('consume', 'print the records of a log, bucket by bucket', [
    'cairn consume -B -d --key-value log:transactions',
    'cairn consume log:transactions --tail 10 -p 1 -p 2',
    "cairn consume log:transactions -F '{{bucket}}/{{offset}} {{time}} {{key}}: {{value}}'",
  ])
    .argument('<log>', 'the log; log: in front is accepted')
    .addOption(
      new Option('-B, --beginning', 'from the beginning, which is the default').conflicts([
        'head',
        'tail',
        'start',
      ]),
    )
    .addOption(
      new Option('-H, --head <n>', 'start so many records after the beginning of each bucket')
        .argParser(parseCount)
        .conflicts(['tail', 'start']),
    )
    .addOption(
      new Option('-T, --tail <n>', 'only the last so many records of each bucket')
        .argParser(parseCount)
        .conflicts('start'),
    )
    .option('--start <offset>', 'start at this offset in each bucket', parseCount)
    .option('--end <offset>', 'end with this offset in each bucket, inclusive', parseCount)
    .option('-p, --bucket <n>', 'only this bucket (repeatable); also --partition', collectCounts)
    .addOption(new Option('--partition <n>').argParser(collectCounts).hideHelp())
    .addOption(
      new Option('-A, --all-buckets', 'all buckets, which is the default').conflicts(['bucket', 'partition']),
    )
    .option('-d, --disable-continuous', 'stop at the end, which is the default: a log is finished')
    .option('-k, --key-value', 'print [key] value, with [null] for no key')
    .addOption(
      new Option(
        '-F, --format <template>',
        'print this with {{key}}, {{value}}, {{offset}}, {{bucket}} (or {{partition}}) and {{time}} filled in',
      ).conflicts('output'),
    )
    .addOption(
      new Option('-O, --output <type>', 'how values are printed (default: dynamic)').choices([
        ...RECORD_OUTPUTS,
      ]),
    )
    .action(async (log: string, options: Omit<ConsumeArgs, 'log'>) => {
      const { runConsume } = await import('./commands/consume.ts');
      done(await runConsume({ ...options, log }, io));
    });

  command('completion', 'print a script that completes commands and options in a shell', [
    'source <(cairn completion bash)',
    'cairn completion fish > ~/.config/fish/completions/cairn.fish',
  ])
    .addArgument(program.createArgument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: CompletionArgs['shell']) => {
      const { runCompletion } = await import('./commands/completion.ts');
      done(await runCompletion({ shell, commands: describeCommands(program) }, io));
    });

  return program;
}

const EXIT_CODES = `
Exit codes:
  0  all is well
  1  a key or store is not there, or stores differ
  2  the command line or the input is refused, or the target exists
  3  a store is damaged, or of a newer format
  4  the disk or another device failed

cairn help <command> shows options and examples.
`;

function version(): string {
  const { version: text } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as {
    version: string;
  };
  return text;
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function collectCounts(value: string, before: readonly number[] = []): readonly number[] {
  return [...before, parseCount(value)];
}

function formatOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--format <format>',
        'lines: key<TAB>value; csv: a header and rows; jsonl: {"key":…,"value":…} a line; json: an array of those; ' +
          'msgpack: [key, value] one after the other; nul: key NUL value NUL; length-prefixed: 4 bytes, key, 4 bytes, value ' +
          '(default: lines)',
      ).choices([...ENTRY_FORMATS]),
    )
    .option(
      '--key-separator <text>',
      'lines, nul: ends the key, at its first occurrence (default of lines: TAB)',
    )
    .option(
      '--key <name>',
      'jsonl, json: the member that is the key; csv: the column or columns (default: "key")',
    )
    .option(
      '--value <name>',
      'jsonl, json: the member that is the value (default: "value"); csv: the columns (default: all but the key\'s)',
    )
    .option('--delimiter <char>', 'csv: stands between cells, such as \\t or ; (default: a comma)')
    .addOption(
      new Option(
        '--key-format <format>',
        'lines, csv, nul: how keys are written that the store keeps as bytes',
      ).choices([...IMPORT_KEY_FORMATS]),
    );
}

function keyFormatOption(): Option {
  return new Option(
    '--key-format <format>',
    'how keys are written: hex is 0x00ff, json a tuple as an array, ip an address',
  )
    .choices([...KEY_FORMATS])
    .default('auto');
}

function keyOptions(command: Command): Command {
  return command
    .addOption(keyFormatOption())
    .option('--hex', 'print values that are text or bytes as hex')
    .option('--json', 'print lines of JSON');
}

function rangeOptions(command: Command): Command {
  return command
    .option('--prefix <key>', 'only keys that start with this')
    .option('--gt <key>', 'only keys greater than this')
    .option('--gte <key>', 'only keys greater than or equal to this')
    .option('--lt <key>', 'only keys less than this')
    .option('--lte <key>', 'only keys less than or equal to this')
    .option('--reverse', 'from the greatest key down')
    .option('--limit <n>', 'at most so many entries', parseCount);
}

function parseRegExp(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    throw new InvalidArgumentError(`Write a regular expression. ${(error as Error).message}.`);
  }
}

function parseMetadata(text: string): { readonly [key: string]: JsonValue } {
  try {
    return JSON.parse(text) as { readonly [key: string]: JsonValue };
  } catch (error) {
    throw new InvalidArgumentError(`Write a JSON object. ${(error as Error).message}.`);
  }
}

function describeCommands(program: Command): CompletionArgs['commands'] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...command.options, new Option('-h, --help', 'print this help')].map((option) => ({
      names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
      description: option.description,
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    })),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  }));
}
