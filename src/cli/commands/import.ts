import { loadTemporal } from '../../codec/temporal.ts';
import { CairnError, createStore, type StoreInfo, type StoreWriter } from '../../node/index.ts';
import { formatInfoJson } from '../../text/info-json.ts';
import { bracketed, csvColumns, metadataOf } from '../stores/import-format.ts';
import { Importer, PIECES } from '../stores/importer.ts';
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
  entryFormat,
  isTable,
} from '../words/entry-format.ts';
import { orderAdvice } from '../words/order-advice.ts';
import { formatBytes, formatCount } from '../words/quantity.ts';

/** Writes a store from text or binary entries. */
export async function runImport(args: ImportArgs, io: Io): Promise<number> {
  refuseContradictions(args);
  const { store } = args;
  if (args.table !== undefined)
    return (await import('./import-table.ts')).runImportTable(args, args.table, io);
  if (store === undefined) return (await import('./import-into.ts')).runImportInto(args, io);
  const signal = io.interrupts();
  const inputs = await openInputs(args.file ?? [], args.decompress ?? 'auto', io);
  const header = isTable(args.format) ? await csvColumns(args, inputs, signal) : undefined;
  const encodings = {
    keyEncoding: args.keyEncoding ?? defaultKeyEncoding(args),
    valueEncoding: args.valueEncoding ?? defaultValueEncoding(args, header?.values ?? 1),
  };
  const temporal = encodings.valueEncoding === 'typed' ? { temporal: await loadTemporal() } : {};
  const format = entryFormat(
    { ...args, canonicalJson: args.verbose !== true },
    { ...encodings, ...temporal },
    header?.expected,
  );
  const metadata = metadataOf(args);
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
    info = await importer.close(writer);
  } catch (error) {
    // The first failure is the one to report; sweep finds what cannot be removed now.
    await writer.cancel().catch(() => undefined);
    throw error;
  } finally {
    importer.progress.end();
  }
  if (args.quiet !== true) io.stderr.write(summary(info, importer, format, (io.now() - began) / 1000));
  if (args.json === true) output.write(`${formatInfoJson(info)}\n`);
  await output.finish();
  return EXIT.ok;

  function shower(): (key: unknown, value: unknown) => void | Promise<void> {
    const show = bracketed({ ...encodings, metadata: metadata ?? {} });
    return (key, value) => output.write(show(key, value));
  }
}

function refuseContradictions(args: ImportArgs): void {
  checkFormatOptions(args);
  const refuse = (message: string): never => {
    throw new CairnError('INVALID_ARGUMENT', message);
  };
  const targets = [args.store, args.into, args.table].filter((target) => target !== undefined).length;
  if (targets === 0) {
    refuse(
      'name the store to make, or the collection to add to: --into <collection>, or the table: --table <table>',
    );
  }
  if (args.table !== undefined && targets > 1)
    refuse(`--table ${args.table} says where the rows go: leave ${args.store ?? '--into'} out`);
  if (args.root !== undefined && args.table === undefined) refuse('--root belongs to --table');
  if (args.store !== undefined && args.into !== undefined)
    refuse(`--into ${args.into} says where the entries go: leave ${args.store} out`);
  if (args.replace === true && args.into === undefined) refuse('--replace belongs to --into <collection>');
  if (args.strict === true && args.skipInvalid === true)
    refuse('--strict and --skip-invalid contradict each other');
  if (args.verbose === true && args.json === true)
    refuse('--verbose and --json both write to standard output');
  if (args.sort !== true && (args.sortBytes ?? args.sortDirectory) !== undefined) {
    refuse('--sort-bytes and --sort-directory belong to --sort');
  }
}

function summary(
  info: StoreInfo,
  { skipped, matched, count }: Importer,
  { unit }: EntryFormat,
  seconds: number,
): string {
  const rate = Math.round(info.count / Math.max(seconds, 0.001));
  const [one, several] = PIECES[unit];
  const equal = count - info.count;
  return (
    `imported ${formatCount(info.count, 'entry', 'entries')}, ${formatBytes(info.bytes)} in ` +
    `${formatCount(info.partitions.length, 'partition', 'partitions')}, ${rate} entries/s` +
    `${skipped === 0 ? '' : `; ${formatCount(skipped, `invalid ${one}`, `invalid ${several}`)} skipped`}` +
    `${matched === 0 ? '' : `; ${formatCount(matched, 'line', 'lines')} left out by --skip-lines`}` +
    `${equal === 0 ? '' : `; ${formatCount(equal, 'entry', 'entries')} with an equal key left out`}\n`
  );
}
