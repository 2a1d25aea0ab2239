import { describe, expect, it } from 'vitest';
import { sourceFiles, withoutComments } from './source-files.ts';

/** The values and types that a module exports by name. */
function exportsOf(path: string): { values: string[]; types: string[]; everything: string[] } {
  const file = sourceFiles().find((one) => one.path === path);
  if (file === undefined) throw new Error(`there is no ${path}`);
  const values: string[] = [];
  const types: string[] = [];
  const code = withoutComments(file.text);
  for (const [, all, list] of code.matchAll(/export\s+(type\s+)?\{([^}]*)\}/g)) {
    for (const item of list.split(',').map((one) => one.trim())) {
      if (item === '') continue;
      const name = item.replace(/^type\s+/, '').replace(/^.*\s+as\s+/, '');
      (all !== undefined || item.startsWith('type ') ? types : values).push(name);
    }
  }
  const everything = [...code.matchAll(/export\s+\*\s+from\s+['"]([^'"]+)['"]/g)].map((match) => match[1]);
  return { values: values.sort(), types: types.sort(), everything };
}

function namesOf(object: object): string[] {
  const names = new Set<string>();
  const builtIn: unknown[] = [Promise.prototype, Object.prototype];
  for (let type = Object.getPrototypeOf(object); !builtIn.includes(type); type = Object.getPrototypeOf(type))
    for (const name of Object.getOwnPropertyNames(type)) names.add(name);
  names.delete('constructor');
  return [...names].sort();
}

describe('the public names', () => {
  it('of the entry are these, and no others', async () => {
    const { values, types, everything } = exportsOf('index.ts');
    expect(everything).toEqual([]);
    expect(values).toEqual([
      'CairnError',
      'compareKeys',
      'copyStore',
      'createStore',
      'deleteStore',
      'isCairnError',
      'listStores',
      'mergeStore',
      'mergeStores',
      'openStore',
      'renameStore',
      'salvageStore',
      'storeInfo',
      'sweepStores',
      'verifyStore',
    ]);
    expect(types).toEqual([
      'AffectedKeys',
      'CairnErrorCode',
      'CairnErrorDetails',
      'CloseOptions',
      'Codec',
      'CompressionName',
      'CopyOptions',
      'CreateStoreOptions',
      'FlippedBit',
      'JsonValue',
      'KeyEncoding',
      'KeyOf',
      'LostRange',
      'MergeOptions',
      'MergeStoresOptions',
      'OnDuplicate',
      'OpenStoreOptions',
      'OrphanFile',
      'PartitionInfo',
      'Progress',
      'Range',
      'ReaderPromise',
      'ReaderStats',
      'RenameOptions',
      'RequestReport',
      'SalvageOptions',
      'SalvageReport',
      'SampleOptions',
      'SkipOptions',
      'Skipped',
      'StandardSchema',
      'StoreHandle',
      'StoreInfo',
      'StoreReader',
      'StoreWriter',
      'SweepOptions',
      'TupleElement',
      'TupleKey',
      'TypedValue',
      'ValueEncoding',
      'ValueOf',
      'VerifyOptions',
      'VerifyProblem',
      'VerifyReport',
      'WaitOptions',
      'WriterPromise',
    ]);
    expect(Object.keys(await import('../../src/index.ts')).sort()).toEqual(values);
  });

  it('of the entry for Node are the same', async () => {
    expect(exportsOf('node/index.ts')).toEqual({ values: [], types: [], everything: ['../index.ts'] });
    const [universal, node] = [await import('../../src/index.ts'), await import('../../src/node/index.ts')];
    expect(Object.keys(node).sort()).toEqual(Object.keys(universal).sort());
  });

  it('of the entry for buckets are these', () => {
    const { values, types, everything } = exportsOf('io/s3/index.ts');
    expect({ values, types, everything }).toEqual({
      values: [],
      types: ['S3Credentials', 'S3Host', 'S3Options', 'S3Variables'],
      everything: [],
    });
  });

  it('of the entry for containers are these', () => {
    const { values, types, everything } = exportsOf('io/azure/index.ts');
    expect({ values, types, everything }).toEqual({
      values: [],
      types: ['AzureHost', 'AzureOptions', 'AzureToken', 'AzureTokenSource', 'AzureVariables'],
      everything: [],
    });
  });

  it('of the entries for those who add storages are these', () => {
    expect(exportsOf('io/index.ts')).toEqual({
      values: ['CairnError', 'isCairnError', 'registerStorage'],
      types: [
        'AccessOptions',
        'ByteSink',
        'ByteSource',
        'ByteStream',
        'CairnErrorCode',
        'CairnErrorDetails',
        'ConditionalStorage',
        'IncompleteUpload',
        'KnownFile',
        'ListableStorage',
        'ReadableStorage',
        'RequestReport',
        'Storage',
        'StorageEntry',
        'StorageScheme',
        'WritableStorage',
      ],
      everything: [],
    });
    expect(exportsOf('io/conformance/index.ts')).toEqual({
      values: ['storageConformance'],
      types: ['PutFile', 'StorageCapability', 'StorageCase', 'StorageConformanceOptions'],
      everything: [],
    });
  });

  it('of the log are these, for Node too', async () => {
    const names = exportsOf('log/index.ts');
    expect(names).toEqual({
      values: ['createLog', 'openLog'],
      types: [
        'CreateLogOptions',
        'KeyedRecord',
        'LogBucket',
        'LogInfo',
        'LogProducer',
        'LogPromise',
        'LogReader',
        'LogRecord',
        'OpenLogOptions',
        'ProducerPromise',
        'RecordRange',
        'SendOptions',
      ],
      everything: [],
    });
    expect(exportsOf('node/log.ts')).toEqual(names);
    const { createLog, openLog } = await import('../../src/node/log.ts');
    expect(Object.keys(await import('../../src/log/index.ts')).sort()).toEqual(names.values);
    const producer = createLog('memory:names-log');
    const producing = ['cancel', 'close', 'send', 'sendAll'];
    expect(namesOf(producer)).toEqual(producing);
    expect(namesOf(await producer)).toEqual(['cancel', 'close', 'count', 'send', 'sendAll']);
    await producer.send('a', '1').close();
    const log = openLog('memory:names-log');
    const reading = ['bucket', 'bucketOf', 'close', 'forEach', 'records', 'verify'];
    expect(namesOf(log)).toEqual([...reading, 'then'].sort());
    expect(namesOf(await log)).toEqual(reading);
    expect(namesOf(log.bucket(0))).toEqual(['at', 'count', 'forEach', 'records']);
    const record = await log.bucket(0).at(0);
    expect(namesOf(record as object)).toEqual(['key', 'keyString', 'value', 'valueString']);
    for (const one of [producer, await producer, log, await log]) {
      expect(one[Symbol.asyncDispose]).toBeTypeOf('function');
    }
    await log.close();
  });

  it('of namespaces are these, for Node too', async () => {
    const { values, types, everything } = exportsOf('namespace/index.ts');
    expect(everything).toEqual([]);
    expect(values).toEqual([
      'KV_TYPES',
      'kvEntryJson',
      'kvJson',
      'openNamespaces',
      'parseKvText',
      'renderTemplate',
    ]);
    expect(types).toEqual([
      'DeleteOptions',
      'EntryOptions',
      'GetOptions',
      'InheritedListing',
      'KeysOptions',
      'KvEntry',
      'KvListing',
      'KvRevision',
      'KvSetting',
      'KvText',
      'KvType',
      'KvValue',
      'ListOptions',
      'Namespace',
      'Namespaces',
      'OpenNamespacesOptions',
      'PurgeOptions',
      'RenderTemplateOptions',
      'ResolvedEntry',
      'SetOptions',
      'Ttl',
    ]);
    const { openNamespaces, ...others } = await import('../../src/node/namespace.ts');
    expect(['openNamespaces', ...Object.keys(others)].sort()).toEqual(values);
    const namespaces = await openNamespaces('memory:names-kv');
    expect(namesOf(namespaces)).toEqual(
      ['close', 'create', 'delete', 'exists', 'inherited', 'list', 'namespace', 'resolve', 'settled'].sort(),
    );
    expect(namesOf(namespaces.namespace('a'))).toEqual(
      ['delete', 'deleteMany', 'entry', 'get', 'history', 'keys', 'list', 'purge', 'set', 'setMany'].sort(),
    );
    expect(namespaces[Symbol.asyncDispose]).toBeTypeOf('function');
  });

  it('of a reader and a writer are these', async () => {
    const { createStore } = await import('../../src/node/index.ts');
    const { openStore } = await import('../../src/node/index.ts');
    await createStore('memory:names').put('a', 1).close();
    const store = await openStore('memory:names');
    const points = [
      'at',
      'ceiling',
      'count',
      'first',
      'floor',
      'get',
      'getMany',
      'has',
      'hasMany',
      'last',
      'rank',
      'sample',
    ];
    const scans = ['batches', 'entries', 'forEach', 'keys', 'values'];
    const waiting = [...points, ...scans, 'close', 'verify'];
    expect(namesOf(store)).toEqual(
      [
        'isCurrent',
        'reopen',
        'share',
        'stats',
        ...waiting,
        ...[...points, ...scans].map((name) => `${name}Sync`),
      ].sort(),
    );
    expect(namesOf(openStore('memory:names'))).toEqual([...waiting, 'then'].sort());
    const writer = await createStore('memory:names-2');
    expect(namesOf(writer)).toEqual(['cancel', 'close', 'count', 'put', 'putAll']);
    await writer.cancel();
    const opening = createStore('memory:names-3');
    expect(namesOf(opening)).toEqual(['cancel', 'close', 'put', 'putAll']);
    await opening.cancel();
    for (const one of [store, writer, opening]) expect(one[Symbol.asyncDispose]).toBeTypeOf('function');
    await store.close();
  });

  it('are exported one by one in every module but the entries for Node', () => {
    const stars = sourceFiles().filter(({ text }) => /export\s+\*/.test(withoutComments(text)));
    expect(stars.map(({ path }) => path).filter((path) => !path.startsWith('node/'))).toEqual([]);
    expect(stars.map(({ path }) => path)).toContain('node/index.ts');
  });
});
