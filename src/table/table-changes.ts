import { checkOptions } from '../check-options.ts';
import type { TupleKey } from '../codec/keys/tuple.ts';
import { asText, CairnError, invalidArgument } from '../errors.ts';
import { notARow } from './read/row-decoder.ts';
import type { Row } from './row/row-projection.ts';
import type { RowChange } from './table.ts';
import type { TableHandle } from './table-handle.ts';
import type { ChangesOptions } from './table-options.ts';

/** Reads a row by its key and its stored value. */
type ReadRow = (key: TupleKey, value: Uint8Array) => Row;

/** Keys of rows begin with something that is not null. */
const ROWS = { gte: [false] } as const;

/** Yields what changed from version to version. `reader` is called once the columns are known. */
export async function* tableChanges(
  handle: TableHandle,
  options: ChangesOptions,
  reader: () => ReadRow,
): AsyncIteratorObject<RowChange<Row>, undefined> {
  const { from = 0, to, signal } = checkOptions(options, ['from', 'to', 'signal']);
  for (const [name, version] of [
    ['from', from],
    ['to', to ?? 0],
  ] as const) {
    if (!Number.isSafeInteger(version) || version < 0)
      throw invalidArgument(name, `${name} must be the number of a version, not ${asText(version)}`);
  }
  signal?.throwIfAborted();
  await handle.ready();
  if ((to ?? from) > handle.collection.version) await handle.refresh();
  const { collection } = handle;
  const last = Math.min(to ?? Number.POSITIVE_INFINITY, collection.version);
  const { oldest, changed } = await keptVersions(handle, from, last, signal);
  if (from > 0 && from < oldest) {
    throw new CairnError(
      'NOT_FOUND',
      `${handle.path}: version ${from} is not kept any more, the oldest one is ${oldest}: read the table by scan, ` +
        'and its changes from then on. The property keepVersions says how many are kept',
    );
  }
  const read = reader();
  const rows = (key: TupleKey, value: Uint8Array): Row => {
    try {
      return read(key, value);
    } catch (error) {
      throw notARow(collection.uri, error);
    }
  };
  for (const version of changed) {
    // The version before it may be gone: then everything is new.
    const before = version === oldest && from < oldest ? 0 : version - 1;
    for await (const { key, before: old, after } of collection.diff(before, version, { ...ROWS, signal })) {
      if (old !== undefined && after !== undefined) {
        yield { type: '-U', row: rows(key, old), version };
        yield { type: '+U', row: rows(key, after), version };
      } else if (after !== undefined) yield { type: '+I', row: rows(key, after), version };
      else if (old !== undefined) yield { type: '-D', row: rows(key, old), version };
    }
  }
}

/** The oldest version that is kept, and those after `from` up to `last` whose contents changed, in order. */
async function keptVersions(
  { collection }: TableHandle,
  from: number,
  last: number,
  signal: AbortSignal | undefined,
): Promise<{ oldest: number; changed: readonly number[] }> {
  const changed: number[] = [];
  let oldest = collection.version;
  for await (const { version, cause } of collection.versions({ signal })) {
    oldest = version;
    if (version > last) continue;
    if (version <= from) break;
    if (cause !== 'compaction') changed.unshift(version);
  }
  // The contents of the oldest version are what it has to show, whatever made it.
  if (from < oldest && oldest <= last && changed[0] !== oldest) changed.unshift(oldest);
  return { oldest, changed };
}
