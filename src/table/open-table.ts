import type { TupleKey } from '../codec/keys/tuple.ts';
import type { JsonValue } from '../codec/values/json-value.ts';
import { deleteCollection } from '../collection/delete-collection.ts';
import { openCollection } from '../collection/open-collection.ts';
import { CairnError, isCairnError } from '../errors.ts';
import type { Catalog, TableEntry } from './catalog/catalog.ts';
import type { TablePath } from './schema/names.ts';
import { definitionOfJson } from './schema/table-schema.ts';
import { type TableCollection, TableHandle } from './table-handle.ts';

/** How tables are opened. */
export interface OpenTableOptions {
  readonly cacheBytes: number | undefined;
  readonly now: () => number;
  readonly signal: AbortSignal | undefined;
}

/** Opens a table that the catalogue names. @throws {CairnError} (as a rejection) `NOT_FOUND`, and as `openCollection` does. */
export async function openTable(
  catalog: Catalog,
  path: TablePath,
  options: OpenTableOptions,
): Promise<{
  readonly handle: TableHandle;
  readonly entry: TableEntry;
}> {
  const entry = await requireTable(catalog, path);
  const collection = await openTableCollection(catalog, path, entry, options);
  try {
    const definition = definitionOfJson(collection.info.metadata.table);
    const checkThere = async (): Promise<void> => {
      if ((await catalog.table(path))?.id !== entry.id) throw dropped(catalog, path);
    };
    const name = `${path.database}.${path.table}`;
    const handle = await TableHandle.open(name, definition, collection, options.now, checkThere);
    return { handle, entry };
  } catch (error) {
    await collection.close();
    throw error;
  }
}

/** The catalogue's entry of a table. @throws {CairnError} (as a rejection) `NOT_FOUND`. */
export async function requireTable(catalog: Catalog, path: TablePath): Promise<TableEntry> {
  const entry = await catalog.table(path);
  if (entry !== undefined) return entry;
  if ((await catalog.database(path.database)) === undefined) throw noDatabase(catalog, path.database);
  throw noTable(catalog, path);
}

export function noTable({ root: { uri } }: Catalog, { database, table }: TablePath): CairnError {
  return new CairnError('NOT_FOUND', `the table ${database}.${table} does not exist in ${uri}`, { uri });
}

function dropped({ root: { uri } }: Catalog, { database, table }: TablePath): CairnError {
  return new CairnError(
    'NOT_FOUND',
    `the table ${database}.${table} was dropped from ${uri} since it was opened; open it again, or make another one`,
    { uri },
  );
}

export function noDatabase({ root: { uri } }: Catalog, name: string): CairnError {
  return new CairnError('NOT_FOUND', `the database ${name} does not exist in ${uri}`, { uri });
}

/** Opens the collection of a table, and makes it if whoever made the table has not come to that. */
async function openTableCollection(
  catalog: Catalog,
  path: TablePath,
  { id, directory, definition }: TableEntry,
  { cacheBytes, signal }: OpenTableOptions,
): Promise<TableCollection> {
  const uri = catalog.uriOf(directory);
  const { keepVersions } = definitionOfJson(definition);
  const options = {
    keyEncoding: 'tuple',
    valueEncoding: 'binary',
    cacheBytes,
    keepVersions,
    signal,
  } as const;
  try {
    return await openCollection<TupleKey, Uint8Array>(uri, { ...options, create: false });
  } catch (error) {
    if (!isCairnError(error, 'NOT_FOUND')) throw error;
  }
  const metadata = { table: definition as JsonValue };
  const collection = await openCollection<TupleKey, Uint8Array>(uri, { ...options, metadata });
  // It may have been dropped meanwhile: what was made here would stay for ever.
  if ((await catalog.table(path))?.id === id) return collection;
  await collection.close();
  await deleteCollection(uri).catch(() => undefined);
  throw noTable(catalog, path);
}
