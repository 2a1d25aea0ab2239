import type { Collection } from '../../collection/collection.ts';
import type { Commit } from '../../collection/commit-options.ts';
import { openAnyCollection } from '../../collection/open-any-collection.ts';
import { CairnError, invalidArgument } from '../../errors.ts';
import { storedFormat } from '../../text/key-text.ts';
import { bracketed, csvColumns, filesOf, metadataOf } from '../stores/import-format.ts';
import { Importer, PIECES } from '../stores/importer.ts';
import { type InputFormat, inputFormat, metadataWith, withFormat } from '../stores/input-format.ts';
import { keyQuoter } from '../stores/stored-keys.ts';
import { encodingsOf, openIfThere, reportCommit } from '../stores/write-collection.ts';
import { EXIT } from '../terminal/failure.ts';
import { openInputs } from '../terminal/input.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { ImportArgs } from '../usage/write.ts';
import {
  checkFormatOptions,
  defaultKeyEncoding,
  defaultValueEncoding,
  type EntryFormat,
  entryFormat,
  isTable,
  takesKeyFormat,
} from '../words/entry-format.ts';
import { flagOf } from '../words/flag-of.ts';
import { formatBytes, formatCount, formatRate } from '../words/quantity.ts';

/** Options of stores, which a collection has no use for. */
const OF_STORES = [
  'partitionBytes',
  'blockBytes',
  'hashIndex',
  'buildId',
  'sort',
  'sortBytes',
  'sortDirectory',
] as const;

/** Adds text or binary entries to a collection as one commit, or puts them in place of what is there. */
export async function runImportInto(given: ImportArgs, io: Io): Promise<number> {
  refuseOptionsOfStores(given);
  const uri = given.into ?? '';
  const signal = io.interrupts();
  const inputs = await openInputs(filesOf(given), given.decompress ?? 'auto', io);
  const detected = await inputFormat(given, inputs, signal);
  const args = withFormat(given, detected);
  checkFormatOptions(args);
  const header = isTable(args.format) ? await csvColumns(args, inputs, signal) : undefined;
  const options = {
    keyEncoding: args.keyEncoding,
    valueEncoding: args.valueEncoding,
    compression: args.compression,
    keepVersions: args.keepVersions,
    metadata: args.metadata === undefined ? undefined : metadataOf(args),
    signal,
  };
  await using collection =
    (await openIfThere(uri, options)) ??
    (await openAnyCollection(uri, {
      ...options,
      keyEncoding: args.keyEncoding ?? detected.header?.keyEncoding ?? defaultKeyEncoding(args),
      valueEncoding:
        args.valueEncoding ??
        detected.header?.valueEncoding ??
        defaultValueEncoding(args, header?.values ?? 1),
      metadata: metadataWith(given, detected),
    }));
  const keyFormat = args.keyFormat ?? (await storedKeyFormat(collection, args));
  const format = entryFormat(
    { ...args, ...(keyFormat === undefined ? {} : { keyFormat }), canonicalJson: args.verbose !== true },
    await encodingsOf(collection),
    header?.expected,
  );
  const output = new Output(io.stdout, { optional: true });
  const show = bracketed(collection.info);
  const began = io.now();
  const { importer, commit } = await collectionImport();
  const summary = summaryOf(args, commit, importer, format, detected, io.now() - began);
  await output.finish();
  await reportCommit(collection, commit, { summary, ...args, io, signal });
  return EXIT.ok;

  async function collectionImport(): Promise<{ importer: Importer; commit: Commit }> {
    let importer: Importer | undefined;
    try {
      const commit = await collection.commit(
        async (tx) => {
          importer = new Importer(
            { put: (key, value) => tx.set(key, value) },
            format,
            inputs,
            { ...args, showKey: keyQuoter(collection.info), orderAdvice: '' },
            io,
            args.verbose === true ? (key, value) => output.write(show(key, value)) : undefined,
          );
          for (const input of inputs) await importer.read(input, signal);
          importer.refuseNothing();
          if (importer.count === 0 && args.replace === true) throw nothingLeft(uri);
          importer.progress.phase('writing');
        },
        { replace: args.replace === true, signal },
      );
      // The transaction was run: `commit` begins with it.
      return { importer: importer as unknown as Importer, commit };
    } finally {
      importer?.progress.end();
    }
  }
}

/** @throws {CairnError} `INVALID_ARGUMENT`. */
function refuseOptionsOfStores(args: ImportArgs): void {
  for (const name of OF_STORES) {
    // Without --no-hash-index, the parser says true.
    if (args[name] === undefined || (name === 'hashIndex' && args.hashIndex !== false)) continue;
    const flag = name === 'hashIndex' ? '--no-hash-index' : flagOf(name);
    const why = name.startsWith('sort')
      ? 'a collection takes entries in any order'
      : 'a collection has its own way';
    throw invalidArgument(name, `${flag} is for stores, and ${why}: leave it out with --into`);
  }
  if (args.onDuplicate === undefined || args.onDuplicate === 'last') return;
  throw invalidArgument(
    'onDuplicate',
    `--on-duplicate ${args.onDuplicate} is for stores: a collection takes entries in any order, and would have to look each ` +
      'key up to find those that come again; of equal keys it keeps the last entry. Make a store of the input first (cairn ' +
      `import --sort --on-duplicate ${args.onDuplicate}), and add its entries: cairn export <store> | cairn import --into`,
  );
}

/** How keys that are bytes are written, as the collection's maker said it. */
async function storedKeyFormat(
  collection: Collection<unknown, unknown>,
  { format = 'lines' }: ImportArgs,
): Promise<ImportArgs['keyFormat']> {
  const stored = storedFormat(collection.info);
  if (!takesKeyFormat(format) || (stored !== 'hex' && stored !== 'ip')) return undefined;
  if (stored === 'hex') return stored;
  const first = await collection.keys({ limit: 1 }).next();
  return first.value instanceof Uint8Array && first.value.length === 16 ? 'ip6' : 'ip';
}

function nothingLeft(uri: string): CairnError {
  return new CairnError(
    'INVALID_ARGUMENT',
    `the input holds no entry, and --replace would leave nothing in ${uri}: it was left as it is`,
  );
}

function summaryOf(
  { replace = false }: ImportArgs,
  { version, bytes }: Commit,
  { skipped, matched, count }: Importer,
  { unit }: EntryFormat,
  { format, isDetected }: InputFormat,
  durationMs: number,
): string {
  const rate = formatRate(count, durationMs, (n) => formatCount(n, 'entry', 'entries'));
  const [one, several] = PIECES[unit];
  return (
    `imported ${formatCount(count, 'entry', 'entries')}, ${formatBytes(bytes)} as version ${version}` +
    `${replace ? ', in place of what was there' : ''}${rate}` +
    `${isDetected && format !== 'lines' ? `; read as ${format}` : ''}` +
    `${skipped === 0 ? '' : `; ${formatCount(skipped, `invalid ${one}`, `invalid ${several}`)} skipped`}` +
    `${matched === 0 ? '' : `; ${formatCount(matched, 'line', 'lines')} left out by --skip-lines`}`
  );
}
