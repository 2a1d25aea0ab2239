import { loadTemporal } from '../../codec/temporal.ts';
import { CairnError, createStore, type StoreInfo, type StoreWriter } from '../../node/index.ts';
import { reportPath } from '../../store/manifest/path-state.ts';
import { alreadyExists, targetDirectory } from '../../store/manifest/store-draft.ts';
import { formatInfoJson } from '../../text/info-json.ts';
import { bracketed, csvColumns, filesOf } from '../stores/import-format.ts';
import { Importer, PIECES } from '../stores/importer.ts';
import { type InputFormat, inputFormat, metadataWith, withFormat } from '../stores/input-format.ts';
import { keyQuoter } from '../stores/stored-keys.ts';
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
  emptyInput,
  entryFormat,
  isTable,
} from '../words/entry-format.ts';
import { orderAdvice } from '../words/order-advice.ts';
import { formatBytes, formatCount, formatRate } from '../words/quantity.ts';

/** Writes a store from text or binary entries. */
export async function runImport(given: ImportArgs, io: Io): Promise<number> {
  refuseContradictions(given);
  const { store } = given;
  if ((given.into ?? given.table) !== undefined) {
    // Without the name of a store, the first argument is a file.
    const files = [...(store === undefined ? [] : [store]), ...(given.files ?? [])];
    const args: ImportArgs = { ...given, files };
    if (given.table !== undefined)
      return (await import('./import-table.ts')).runImportTable(args, given.table, io);
    return (await import('./import-into.ts')).runImportInto(args, io);
  }
  if (store === undefined) throw noTarget();
  await refuseTaken(store, given.replace === true);
  const signal = io.interrupts();
  const inputs = await openInputs(filesOf(given), given.decompress ?? 'auto', io);
  const detected = await inputFormat(given, inputs, signal);
  const args = withFormat(given, detected);
  checkFormatOptions(args);
  const header = isTable(args.format) ? await csvColumns(args, inputs, signal) : undefined;
  const encodings = {
    keyEncoding: args.keyEncoding ?? detected.header?.keyEncoding ?? defaultKeyEncoding(args),
    valueEncoding:
      args.valueEncoding ?? detected.header?.valueEncoding ?? defaultValueEncoding(args, header?.values ?? 1),
  };
  const temporal = encodings.valueEncoding === 'typed' ? { temporal: await loadTemporal() } : {};
  const format = entryFormat(
    { ...args, canonicalJson: args.verbose !== true },
    { ...encodings, ...temporal },
    header?.expected,
  );
  const metadata = metadataWith(given, detected);
  const began = io.now();
  const writer: StoreWriter<unknown, unknown> = await createStore(store, {
    ...encodings,
    signal,
    metadata,
    partitionBytes: args.partitionBytes,
    blockBytes: args.blockBytes,
    compression: args.compression,
    hashIndex: args.hashIndex,
    buildId: args.buildId,
    replace: args.replace,
    sort: args.sort,
    sortBytes: args.sortBytes,
    sortDirectory: args.sortDirectory,
    onDuplicate: args.onDuplicate,
  });
  const output = new Output(io.stdout, { optional: true });
  const importer = new Importer(
    writer,
    format,
    inputs,
    {
      ...args,
      showKey: keyQuoter({ ...encodings, metadata: metadata ?? {} }),
      orderAdvice: orderAdvice(args, encodings.keyEncoding),
    },
    io,
    args.verbose === true ? shower() : undefined,
  );
  let info: StoreInfo;
  try {
    for (const input of inputs) await importer.read(input, signal);
    importer.refuseNothing();
    if (importer.count === 0 && args.allowEmpty !== true) throw emptyInput('store');
    info = await importer.close(writer);
  } catch (error) {
    // The first failure is the one to report; sweep finds what cannot be removed now.
    await writer.cancel().catch(() => undefined);
    throw error;
  } finally {
    importer.progress.end();
  }
  if (args.quiet !== true) io.stderr.write(summary(info, importer, format, detected, io.now() - began));
  if (args.json === true) output.write(`${formatInfoJson(info)}\n`);
  await output.finish();
  return EXIT.ok;

  function shower(): (key: unknown, value: unknown) => void | Promise<void> {
    const show = bracketed({ ...encodings, metadata: metadata ?? {} });
    return (key, value) => output.write(show(key, value));
  }
}

function refuseContradictions(args: ImportArgs): void {
  if (args.format !== undefined) checkFormatOptions(args);
  const refuse = (message: string): never => {
    throw new CairnError('INVALID_ARGUMENT', message);
  };
  if ((args.store ?? args.into ?? args.table) === undefined) throw noTarget();
  if (args.table !== undefined && args.into !== undefined)
    refuse(`--table ${args.table} says where the rows go: leave --into out`);
  if (args.root !== undefined && args.table === undefined) refuse('--root belongs to --table');
  if (/^memory:/i.test(args.store ?? ''))
    refuse(`${args.store} would be gone when the command ends: name a path, or a URI of s3: or az:`);
  if (args.strict === true && args.skipInvalid === true)
    refuse('--strict and --skip-invalid contradict each other');
  if (args.verbose === true && args.json === true)
    refuse('--verbose and --json both write to standard output');
  if (args.sort !== true && (args.sortBytes ?? args.sortDirectory) !== undefined) {
    refuse('--sort-bytes and --sort-directory belong to --sort');
  }
}

/** Refuses a place that is taken before any input is waited for. @throws {CairnError} as `createStore` does. */
async function refuseTaken(store: string, replace: boolean): Promise<void> {
  const directory = targetDirectory(store);
  const { state, foreign } = await reportPath(directory);
  if (state === 'absent' || state === 'empty' || state === 'incomplete') return;
  if (state !== 'complete' || !replace)
    throw alreadyExists(directory, state, { foreign, replaceable: !replace });
}

function noTarget(): CairnError {
  return new CairnError(
    'INVALID_ARGUMENT',
    'name the store to make, or the collection to add to: --into <collection>, or the table: --table <table>',
  );
}

function summary(
  info: StoreInfo,
  { skipped, matched, count }: Importer,
  { unit }: EntryFormat,
  { format, isDetected }: InputFormat,
  durationMs: number,
): string {
  const rate = formatRate(info.count, durationMs, (n) => formatCount(n, 'entry', 'entries'));
  const [one, several] = PIECES[unit];
  const equal = count - info.count;
  return (
    `imported ${formatCount(info.count, 'entry', 'entries')}, ${formatBytes(info.bytes)} in ` +
    `${formatCount(info.partitions.length, 'partition', 'partitions')}${rate}` +
    `${isDetected && format !== 'lines' ? `; read as ${format}` : ''}` +
    `${skipped === 0 ? '' : `; ${formatCount(skipped, `invalid ${one}`, `invalid ${several}`)} skipped`}` +
    `${matched === 0 ? '' : `; ${formatCount(matched, 'line', 'lines')} left out by --skip-lines`}` +
    `${equal === 0 ? '' : `; ${formatCount(equal, 'entry', 'entries')} with an equal key left out`}\n`
  );
}
