import type { Temporal } from 'temporal-polyfill';
import { describe, expectTypeOf, it } from 'vitest';
import {
  type Codec,
  type CompressionName,
  createStore,
  listStores,
  mergeStore,
  mergeStores,
  openStore,
  type ReaderPromise,
  type SampleOptions,
  type StoreInfo,
  type StoreReader,
  type StoreWriter,
  storeInfo,
  sweepStores,
  type TupleKey,
  type VerifyReport,
  verifyStore,
  type WaitOptions,
  type WriterPromise,
} from '../../src/index.ts';
import {
  createLog,
  type LogInfo,
  type LogProducer,
  type LogReader,
  type LogRecord,
  openLog,
} from '../../src/log/index.ts';
import { CairnLevel } from '../../src/node/level.ts';
import {
  array,
  bigint,
  connect,
  date,
  decimal,
  defineTable,
  EARLIEST,
  type InputRowOf,
  int,
  map,
  row,
  string,
  type KeyOf as TableKeyOf,
  type RowOf as TableRowOf,
  timestampLtz,
} from '../../src/table/index.ts';

interface Row {
  readonly id: number;
}
declare const days: Codec<Date>;
declare const rows: Codec<Row>;

/** Checked by the compiler, never run: nothing here may touch a store. */
function unreachable(): boolean {
  return false;
}

describe('types', () => {
  it('of a writer follow from its encodings', () => {
    if (!unreachable()) return;
    expectTypeOf(createStore('memory:x')).toEqualTypeOf<WriterPromise<string, unknown>>();
    expectTypeOf(createStore('memory:x', {})).toEqualTypeOf<WriterPromise<string, unknown>>();
    expectTypeOf(
      createStore('memory:x', { keyEncoding: 'binary', valueEncoding: 'utf8' }),
    ).resolves.toEqualTypeOf<StoreWriter<Uint8Array, string>>();
    expectTypeOf(createStore('memory:x', { keyEncoding: 'tuple' })).resolves.toEqualTypeOf<
      StoreWriter<TupleKey, unknown>
    >();
    expectTypeOf(createStore('memory:x', { valueEncoding: 'binary' })).resolves.toEqualTypeOf<
      StoreWriter<string, Uint8Array>
    >();
    expectTypeOf(createStore('memory:x', { keyEncoding: days, valueEncoding: rows })).resolves.toEqualTypeOf<
      StoreWriter<Date, Row>
    >();
    expectTypeOf(createStore('memory:x', { keyEncoding: 'binary' }).put)
      .parameter(0)
      .toEqualTypeOf<Uint8Array>();
    expectTypeOf(createStore('memory:x', { valueEncoding: rows }).close()).resolves.toEqualTypeOf<
      StoreInfo<string>
    >();
    expectTypeOf(createStore('memory:x').put('a', 1).put('b', null).close()).resolves.toEqualTypeOf<
      StoreInfo<string>
    >();
    expectTypeOf(createStore('memory:x').put('a', 1)).toEqualTypeOf<WriterPromise<string, unknown>>();
  });

  it('of a writer`s methods are those of the design', () => {
    type Writer = StoreWriter<string, number>;
    expectTypeOf<Writer['put']>().toEqualTypeOf<(key: string, value: number) => void | Promise<void>>();
    expectTypeOf<Writer['close']>().returns.resolves.toEqualTypeOf<StoreInfo<string>>();
    expectTypeOf<Writer['cancel']>().returns.resolves.toEqualTypeOf<void>();
    expectTypeOf<Writer['putAll']>().returns.resolves.toEqualTypeOf<number>();
    expectTypeOf<Map<string, number>>().toExtend<Parameters<Writer['putAll']>[0]>();
    expectTypeOf<StoreReader<string, number>>().toExtend<Parameters<Writer['putAll']>[0]>();
    expectTypeOf<Map<number, number>>().not.toExtend<Parameters<Writer['putAll']>[0]>();
    expectTypeOf<Writer>().toExtend<AsyncDisposable>();
  });

  it('of a reader follow from the encodings or are said outright', () => {
    if (!unreachable()) return;
    expectTypeOf(openStore('memory:x')).toEqualTypeOf<ReaderPromise<string, unknown>>();
    expectTypeOf(
      openStore('memory:x', { keyEncoding: 'binary', valueEncoding: 'utf8' }),
    ).resolves.toEqualTypeOf<StoreReader<Uint8Array, string>>();
    expectTypeOf(openStore('memory:x', { valueEncoding: rows, cacheBytes: 0 })).resolves.toEqualTypeOf<
      StoreReader<string, Row>
    >();
    expectTypeOf(openStore<string, Row>('memory:x')).resolves.toEqualTypeOf<StoreReader<string, Row>>();
    expectTypeOf(openStore<TupleKey, Row>('memory:x', { views: true })).resolves.toEqualTypeOf<
      StoreReader<TupleKey, Row>
    >();
    expectTypeOf(openStore('memory:x', { valueEncoding: 'utf8' }).get('a')).resolves.toEqualTypeOf<
      string | undefined
    >();
    expectTypeOf(openStore(new Blob([]), { keyEncoding: 'tuple' })).resolves.toEqualTypeOf<
      StoreReader<TupleKey, unknown>
    >();
    expectTypeOf(openStore<string, Row>(new File([], 'x'))).resolves.toEqualTypeOf<
      StoreReader<string, Row>
    >();
    expectTypeOf(openStore(new URL('memory:x'))).resolves.toEqualTypeOf<StoreReader<string, unknown>>();
  });

  it('of a reader`s methods and their twins agree', () => {
    type Reader = StoreReader<Date, Row>;
    expectTypeOf<Reader['get']>().returns.resolves.toEqualTypeOf<Row | undefined>();
    expectTypeOf<Reader['getMany']>().returns.resolves.toEqualTypeOf<(Row | undefined)[]>();
    expectTypeOf<Reader['floor']>().returns.resolves.toEqualTypeOf<[Date, Row] | undefined>();
    expectTypeOf<Reader['sample']>().returns.resolves.toEqualTypeOf<[Date, Row][]>();
    type Point =
      | 'get'
      | 'has'
      | 'getMany'
      | 'hasMany'
      | 'first'
      | 'last'
      | 'floor'
      | 'ceiling'
      | 'count'
      | 'rank'
      | 'at'
      | 'forEach';
    type Plain = 'count' | 'forEach';
    // What waits also takes a signal, as the last argument.
    type Asked<Name extends Point> = Name extends Plain
      ? Parameters<Reader[`${Name}Sync`]>
      : [...Parameters<Reader[`${Name}Sync`]>, options?: WaitOptions | undefined];
    type Twins = { [Name in Point]: [Parameters<Reader[Name]>, Awaited<ReturnType<Reader[Name]>>] };
    type SyncTwins = { [Name in Point]: [Asked<Name>, ReturnType<Reader[`${Name}Sync`]>] };
    expectTypeOf<SyncTwins>().toEqualTypeOf<Twins>();
    expectTypeOf<Reader['sample']>().parameter(1).toEqualTypeOf<(SampleOptions & WaitOptions) | undefined>();
    expectTypeOf<Reader['sampleSync']>().parameter(1).toEqualTypeOf<SampleOptions | undefined>();
    expectTypeOf<Reader['sampleSync']>().returns.toEqualTypeOf<[Date, Row][]>();
    expectTypeOf<Reader>().toExtend<AsyncIterable<[Date, Row]>>();
    expectTypeOf<Reader>().toExtend<Iterable<[Date, Row]>>();
    expectTypeOf<ReturnType<Reader['entries']>>().toExtend<AsyncIterable<[Date, Row]>>();
    expectTypeOf<ReturnType<Reader['entriesSync']>>().toExtend<Iterable<[Date, Row]>>();
    expectTypeOf<ReturnType<Reader['keys']>>().toExtend<AsyncIterable<Date>>();
    expectTypeOf<ReturnType<Reader['values']>>().toExtend<AsyncIterable<Row>>();
    expectTypeOf<ReturnType<Reader['batches']>>().toExtend<AsyncIterable<[Date, Row][]>>();
    expectTypeOf<Reader>().toExtend<AsyncDisposable>();
    type Promised = ReaderPromise<Date, Row>;
    expectTypeOf<ReturnType<Promised['getMany']>>().toEqualTypeOf<ReturnType<Reader['getMany']>>();
    expectTypeOf<ReturnType<Promised['entries']>>().toExtend<AsyncIterable<[Date, Row]>>();
  });

  it('of the rest are those of the design', () => {
    if (!unreachable()) return;
    expectTypeOf(storeInfo('memory:x')).resolves.toEqualTypeOf<StoreInfo>();
    expectTypeOf(listStores('memory:x')).toExtend<AsyncIterable<StoreInfo>>();
    expectTypeOf(mergeStore('memory:x', 'memory:y')).resolves.toEqualTypeOf<StoreInfo>();
    expectTypeOf(
      mergeStores(['memory:x'], 'memory:y', { onDuplicate: 'last' }),
    ).resolves.toEqualTypeOf<StoreInfo>();
    expectTypeOf(verifyStore('memory:x')).resolves.toEqualTypeOf<VerifyReport>();
    expectTypeOf(sweepStores('memory:x')).resolves.toExtend<
      readonly { uri: string; bytes: number; ageMs: number }[]
    >();
    expectTypeOf<StoreInfo<string>['firstKey']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<StoreInfo['compression']>().toEqualTypeOf<CompressionName>();
  });

  it('of logs are those of their methods', () => {
    if (!unreachable()) return;
    expectTypeOf(createLog('memory:x', { buckets: 2 })).resolves.toEqualTypeOf<LogProducer>();
    expectTypeOf<LogProducer['send']>().returns.toEqualTypeOf<void | Promise<void>>();
    expectTypeOf<Map<string, Uint8Array>>().toExtend<Parameters<LogProducer['sendAll']>[0]>();
    expectTypeOf(createLog('memory:x').send(null, 'a').close()).resolves.toEqualTypeOf<LogInfo>();
    expectTypeOf<LogInfo>().toExtend<StoreInfo<Uint8Array>>();
    expectTypeOf(openLog('memory:x')).resolves.toEqualTypeOf<LogReader>();
    expectTypeOf(openLog('memory:x')).toExtend<AsyncIterable<LogRecord>>();
    expectTypeOf(openLog('memory:x').bucket(0)).toExtend<AsyncIterable<LogRecord>>();
    expectTypeOf<LogRecord['key']>().returns.toEqualTypeOf<Uint8Array | null>();
    expectTypeOf<LogRecord['keyString']>().returns.toEqualTypeOf<string | null>();
    expectTypeOf<LogReader>().toExtend<AsyncDisposable>();
    expectTypeOf<LogProducer>().toExtend<AsyncDisposable>();
    // @ts-expect-error: neither text nor bytes
    createLog('memory:x').send('a', 1);
    // @ts-expect-error: no such option
    createLog('memory:x', { partitions: 2 });
    // @ts-expect-error: no such bound
    openLog('memory:x').records({ gte: 1 });
  });

  it('let every option be undefined', () => {
    if (!unreachable()) return;
    const signal: AbortSignal | undefined = undefined;
    expectTypeOf(
      createStore('memory:x', { buildId: undefined, sortBytes: undefined, metadata: undefined, signal }),
    ).toEqualTypeOf<WriterPromise<string, unknown>>();
    expectTypeOf(
      openStore('memory:x', { views: undefined, cacheBytes: undefined, fetch: undefined, signal }),
    ).toEqualTypeOf<ReaderPromise<string, unknown>>();
    openStore('memory:x').entries({ gte: undefined, limit: undefined, reverse: undefined, signal });
    createStore('memory:x').close({ onProgress: undefined });
    mergeStores(['memory:x'], 'memory:y', { onDuplicate: undefined, signal });
    verifyStore('memory:x', { onProgress: undefined, locateBits: undefined, signal });
    sweepStores('memory:x', { olderThanMs: undefined, dryRun: undefined });
    createLog('memory:x', { buckets: undefined, sortBytes: undefined, signal }).send('a', 'b', {
      timestamp: undefined,
      bucket: undefined,
    });
    openLog('memory:x', { verify: undefined, signal }).records({ from: undefined, limit: undefined, signal });
  });

  it('refuse what the library would', () => {
    if (!unreachable()) return;
    // @ts-expect-error: no such encoding
    createStore('memory:x', { keyEncoding: 'ascii' });
    // @ts-expect-error: no such option
    createStore('memory:x', { blocksize: 1 });
    // @ts-expect-error: keys of text
    createStore('memory:x').put(1, 1);
    // @ts-expect-error: values of text
    createStore('memory:x', { valueEncoding: 'utf8' }).put('a', 1);
    // @ts-expect-error: keys of bytes
    openStore('memory:x', { keyEncoding: 'binary' }).get('a');
    // @ts-expect-error: no such bound
    openStore('memory:x').entries({ from: 'a' });
    // @ts-expect-error: no such policy
    mergeStores([], 'memory:x', { onDuplicate: 'newest' });
  });

  it('of a level are those that it is made with', () => {
    if (!unreachable()) return;
    expectTypeOf(new CairnLevel('memory:x').get('a')).resolves.toEqualTypeOf<string | undefined>();
    const level = new CairnLevel<string, Row>('memory:x', { valueEncoding: 'json' });
    expectTypeOf(level.getSync('a')).toEqualTypeOf<Row | undefined>();
    expectTypeOf(level.iterator().next()).resolves.toEqualTypeOf<[string, Row] | undefined>();
    expectTypeOf(level.sublevel('s').get('a')).resolves.toEqualTypeOf<string | undefined>();
    // @ts-expect-error a value of another type
    level.put('a', 'b');
    // @ts-expect-error an option that is none
    new CairnLevel('memory:x', { follow: 'always' });
  });
});

describe('types of tables', () => {
  const schema = defineTable({
    columns: {
      region: string(),
      id: int(),
      age: bigint(),
      name: string().nullable(),
      price: decimal(10, 2),
      born: date().nullable(),
      at: timestampLtz(3),
      tags: array(string().nullable()),
      places: map(string(), row({ x: int(), label: string().nullable() })),
    },
    primaryKey: ['region', 'id'],
  });

  it('of rows and keys follow from the schema', () => {
    expectTypeOf<TableRowOf<typeof schema>>().toEqualTypeOf<{
      region: string;
      id: number;
      age: bigint;
      name: string | null;
      price: string;
      born: Temporal.PlainDate | null;
      at: Temporal.Instant;
      tags: (string | null)[];
      places: Map<string, { x: number; label: string | null }>;
    }>();
    expectTypeOf<TableKeyOf<typeof schema>>().toEqualTypeOf<{ region: string; id: number }>();
    type Input = InputRowOf<typeof schema>;
    expectTypeOf<Input['age']>().toEqualTypeOf<bigint>();
    expectTypeOf<Input['name']>().toEqualTypeOf<string | null | undefined>();
    expectTypeOf<{ region: string }>().not.toExtend<Input>();
    // What may be null may be left out.
    expectTypeOf<{
      region: string;
      id: number;
      age: bigint;
      price: string;
      at: Date;
      tags: string[];
      places: Map<string, { x: number }>;
    }>().toExtend<Input>();
  });

  it('of open tables follow from the schema, or from what the caller says', async () => {
    if (!unreachable()) return;
    const db = await connect('memory:types');
    const users = await db.table('db.users', schema);
    expectTypeOf(users.lookup({ region: 'US', id: 1 })).resolves.toEqualTypeOf<
      Pick<TableRowOf<typeof schema>, keyof TableRowOf<typeof schema>> | undefined
    >();
    expectTypeOf(await users.lookup({ region: 'US', id: 1 }, { columns: ['age'] })).toEqualTypeOf<
      { age: bigint } | undefined
    >();
    for await (const one of users.scan({ columns: ['id', 'name'] }))
      expectTypeOf(one).toEqualTypeOf<{ id: number; name: string | null }>();
    // @ts-expect-error a key has all its columns
    users.lookup({ region: 'US' });
    // @ts-expect-error a BIGINT is a bigint
    users.upsert({ region: 'US', id: 1, age: 1, price: '1', at: 0, tags: [], places: new Map() });
    // @ts-expect-error there is no such column
    users.scan({ columns: ['nope'] });
    // @ts-expect-error a table with a primary key is no log
    users.append({});
    const events = await db.table('db.events', { columns: { id: int(), what: string().nullable() } });
    events.append({ id: 1 });
    for await (const { row: one, offset } of events.records({ from: EARLIEST })) {
      expectTypeOf(one).toEqualTypeOf<Pick<{ id: number; what: string | null }, 'id' | 'what'>>();
      expectTypeOf(offset).toEqualTypeOf<number>();
    }
    // @ts-expect-error a log has no keys
    events.lookup({ id: 1 });
    interface User {
      id: number;
      name: string;
    }
    const named = await db.table<User>('db.users');
    expectTypeOf((await named.lookup({ id: 1 }))?.name).toEqualTypeOf<string | undefined>();
    const any = await db.table('db.any');
    expectTypeOf((await any.lookup({ id: 1 }))?.name).toEqualTypeOf<unknown>();
    any.append({ id: 1 });
  });
});
