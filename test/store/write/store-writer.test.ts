import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Codec,
  type CreateStoreOptions,
  createStore,
  openStore,
  type StandardSchema,
  type StoreWriter,
  verifyStore,
} from '../../../src/index.ts';
import { createLog, openLog } from '../../../src/log/index.ts';
import { failure, failureNow } from '../../support/failures.ts';
import { OddStorage } from '../../support/odd-storage.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

type Writer = StoreWriter<string, unknown>;
type Entries = readonly (readonly [unknown, unknown])[];

/** Code of the caller's that the writer may run: what it does, and when. */
interface Meanwhile {
  run: () => void;
}

/** A value encoded by code that calls `meanwhile`, once, before or after it looked at the value. */
type Kind = readonly [
  name: string,
  options: (meanwhile: Meanwhile) => CreateStoreOptions,
  value: (name: string, meanwhile: Meanwhile) => unknown,
];

function once(meanwhile: Meanwhile): void {
  const { run } = meanwhile;
  meanwhile.run = () => undefined;
  run();
}

function schemaThatCalls(meanwhile: Meanwhile): StandardSchema {
  return {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate(value) {
        if (value === 'outer') once(meanwhile);
        return { value };
      },
    },
  };
}

function codecThatCalls(meanwhile: Meanwhile): Codec<unknown> {
  return {
    name: 'calling',
    encode(value) {
      if (value === 'outer') once(meanwhile);
      return new TextEncoder().encode(String(value));
    },
    decode: (bytes) => new TextDecoder().decode(bytes),
  };
}

function withGetter(name: string, meanwhile: Meanwhile): unknown {
  return {
    before: 1,
    get name() {
      if (name === 'outer') once(meanwhile);
      return name;
    },
    after: 2,
  };
}

/** A duration of another implementation, as a page in another realm has it. */
class ForeignDuration {
  readonly #meanwhile: Meanwhile;
  readonly years: number;
  readonly months = 0;
  readonly weeks = 0;
  readonly days = 0;
  readonly hours = 0;
  readonly minutes = 0;
  readonly seconds = 0;
  readonly milliseconds = 0;
  readonly microseconds = 0;

  constructor(years: number, meanwhile: Meanwhile) {
    this.years = years;
    this.#meanwhile = meanwhile;
  }

  get nanoseconds(): number {
    if (this.years === 3) once(this.#meanwhile);
    return 0;
  }

  toString(): string {
    return `P${this.years}Y`;
  }

  get [Symbol.toStringTag](): string {
    return 'Temporal.Duration';
  }
}

const KINDS: readonly Kind[] = [
  ['a schema', (call) => ({ schema: schemaThatCalls(call) }), (name) => name],
  ['a codec', (call) => ({ valueEncoding: codecThatCalls(call) }), (name) => name],
  ['a getter, in msgpack', () => ({ valueEncoding: 'msgpack' }), withGetter],
  ['a getter, in JSON', () => ({ valueEncoding: 'json' }), withGetter],
  ['a getter, in a typed value', () => ({ valueEncoding: 'typed' }), withGetter],
  [
    'a foreign object, as a typed value',
    () => ({ valueEncoding: 'typed' }),
    (name, call) => new ForeignDuration(name === 'outer' ? 3 : name === 'inner' ? 2 : 1, call),
  ],
];

async function contents(uri: string, options: CreateStoreOptions): Promise<Entries> {
  const { keyEncoding, valueEncoding } = options;
  await using store = await openStore(uri, { keyEncoding, valueEncoding });
  const entries = [...store.entriesSync()];
  expect((await verifyStore(uri)).problems).toEqual([]);
  return entries;
}

/** A writer whose keys are text. */
async function create(target: string, options: CreateStoreOptions): Promise<Writer> {
  return (await createStore(target, options)) as StoreWriter<unknown, unknown> as Writer;
}

let uri: string;
let stores = 0;

beforeEach(() => {
  uri = `memory:store-writer/${stores++}`;
});

describe.each(KINDS)('a put from within %s', (_, optionsOf, make) => {
  const meanwhile: Meanwhile = { run: () => undefined };
  const value = (name: string): unknown => make(name, meanwhile);

  /** The values of plain stores, as they are read. */
  async function plain(options: CreateStoreOptions, ...pairs: readonly (readonly [string, string])[]) {
    const { schema: _schema, sort: _sort, onDuplicate: _rule, ...encodings } = options;
    const target = `${uri}-plain`;
    const writer = await create(target, encodings);
    for (const [key, name] of pairs) writer.put(key, make(name, { run: () => undefined }));
    await writer.close();
    return contents(target, options);
  }

  it.each([
    { sort: true },
    { sort: true, onDuplicate: 'last' },
    { sort: true, onDuplicate: 'first' },
  ] as const)('stores each entry, with %o', async (sorting) => {
    const options: CreateStoreOptions = { ...optionsOf(meanwhile), ...sorting };
    const writer = await create(uri, options);
    meanwhile.run = () => {
      writer.put('n', value('inner'));
    };
    writer.put('m', value('outer'));
    writer.put('a', value('other'));
    expect((await writer.close()).count).toBe(3);
    expect(await contents(uri, options)).toEqual(
      await plain(options, ['a', 'other'], ['m', 'outer'], ['n', 'inner']),
    );
  });

  it.each([{}, { onDuplicate: 'last' }, { onDuplicate: 'first' }] as const)(
    'takes the order of the puts, with %o: an earlier key is stored, and a later one refuses the outer',
    async (rule) => {
      const options: CreateStoreOptions = { ...optionsOf(meanwhile), ...rule };
      const writer = await create(uri, options);
      writer.put('a', value('other'));
      meanwhile.run = () => {
        writer.put('b', value('inner'));
      };
      writer.put('m', value('outer'));
      meanwhile.run = () => {
        writer.put('y', value('inner'));
      };
      const error = failureNow(() => writer.put('n', value('outer')), 'KEY_ORDER');
      expect(error.message).toContain('"n"');
      expect(writer.count).toBe(4);
      writer.put('z', value('other'));
      expect((await writer.close()).count).toBe(5);
      expect(await contents(uri, options)).toEqual(
        await plain(options, ['a', 'other'], ['b', 'inner'], ['m', 'outer'], ['y', 'inner'], ['z', 'other']),
      );
    },
  );

  it('with the same key is refused', async () => {
    const options = optionsOf(meanwhile);
    const writer = await create(uri, options);
    meanwhile.run = () => {
      writer.put('m', value('inner'));
    };
    failureNow(() => writer.put('m', value('outer')), 'DUPLICATE_KEY');
    await writer.close();
    expect(await contents(uri, options)).toEqual(await plain(options, ['m', 'inner']));
  });

  it('that is refused leaves the outer one as it is', async () => {
    const options = optionsOf(meanwhile);
    const writer = await create(uri, options);
    writer.put('b', value('other'));
    let refused = 0;
    meanwhile.run = () => {
      failureNow(() => writer.put('a', value('inner')), 'KEY_ORDER');
      failureNow(() => writer.put('', value('inner')), 'INVALID_ARGUMENT');
      refused++;
    };
    writer.put('m', value('outer'));
    await writer.close();
    expect(refused).toBe(1);
    expect(await contents(uri, options)).toEqual(await plain(options, ['b', 'other'], ['m', 'outer']));
  });

  it.each(['close', 'cancel'] as const)('finds the writer ended after %s() there', async (end) => {
    const options = optionsOf(meanwhile);
    const writer = await create(uri, options);
    writer.put('a', value('other'));
    let ending: Promise<unknown> | undefined;
    meanwhile.run = () => {
      ending = writer[end]();
    };
    failureNow(() => writer.put('m', value('outer')), 'CLOSED');
    await ending;
    if (end === 'cancel') await failure(openStore(uri), 'NOT_FOUND');
    else expect(await contents(uri, options)).toEqual(await plain(options, ['a', 'other']));
  });

  it('finds the writer ended after an abort there, and throws the reason', async () => {
    const abort = new AbortController();
    const writer = await create(uri, { ...optionsOf(meanwhile), signal: abort.signal });
    const reason = new Error('stop');
    meanwhile.run = () => abort.abort(reason);
    expect(() => writer.put('m', value('outer'))).toThrow(reason);
    await expect(writer.close()).rejects.toBe(reason);
  });
});

describe('while a key is encoded', () => {
  const call: Meanwhile = { run: () => undefined };
  const keyCodec: Codec<string> = {
    name: 'calling-keys',
    encode(key) {
      if (key === 'm') once(call);
      return new TextEncoder().encode(key);
    },
    decode: (bytes) => new TextDecoder().decode(bytes),
  };
  const tuple = (name: string): [string] => {
    const key: string[] = [''];
    Object.defineProperty(key, 0, {
      get() {
        if (name === 'm') once(call);
        return name;
      },
    });
    return key as [string];
  };
  const KEYS: readonly (readonly [string, CreateStoreOptions['keyEncoding'], (name: string) => unknown])[] = [
    ['a codec', keyCodec, (name) => name],
    ['a getter of a tuple', 'tuple', tuple],
  ];

  describe.each(KEYS)('by %s', (_, keyEncoding, keyOf) => {
    it.each([{}, { sort: true }, { onDuplicate: 'last' }] as const)(
      'a put is refused at once, with %o, and both writers of an entry may go on',
      async (rule) => {
        const options: CreateStoreOptions = { keyEncoding, valueEncoding: 'utf8', ...rule };
        const writer = (await createStore(uri, options)) as StoreWriter<unknown, unknown>;
        writer.put(keyOf('a'), '1');
        let refused = 0;
        call.run = () => {
          const error = failureNow(() => writer.put(keyOf('n'), 'inner'), 'INVALID_ARGUMENT');
          expect(error.message).toContain('the key of another entry');
          refused++;
        };
        writer.put(keyOf('m'), 'outer');
        call.run = () => {
          writer.put(keyOf('n'), 'inner');
        };
        failureNow(() => writer.put(keyOf('m'), 'outer'), 'INVALID_ARGUMENT');
        writer.put(keyOf('z'), '2');
        expect(refused).toBe(1);
        await writer.close();
        expect((await contents(uri, options)).map(([, value]) => value)).toEqual(['1', 'outer', '2']);
      },
    );

    it.each(['close', 'cancel'] as const)('%s() ends the writer, without the entry', async (end) => {
      const options: CreateStoreOptions = { keyEncoding, valueEncoding: 'utf8' };
      const writer = (await createStore(uri, options)) as StoreWriter<unknown, unknown>;
      writer.put(keyOf('a'), '1');
      let ending: Promise<unknown> | undefined;
      call.run = () => {
        ending = writer[end]();
      };
      failureNow(() => writer.put(keyOf('m'), 'outer'), 'CLOSED');
      await ending;
      if (end === 'cancel') await failure(openStore(uri), 'NOT_FOUND');
      else expect((await contents(uri, options)).map(([, value]) => value)).toEqual(['1']);
    });
  });
});

describe('puts within puts, at random,', () => {
  it.each([1, 2, 3, 4])('make the store that a map would hold (seed %i)', async (seed) => {
    const random = new SeededRandom(seed);
    const wanted = new Map<string, string>();
    let depth = 0;
    const valueEncoding: Codec<string> = {
      name: 'nesting',
      encode(text) {
        while (depth < 4 && random.below(10) < 4) {
          depth++;
          add();
          depth--;
        }
        return new TextEncoder().encode(text);
      },
      decode: (bytes) => new TextDecoder().decode(bytes),
    };
    const writer = await createStore(uri, {
      sort: true,
      sortBytes: 65_536,
      onDuplicate: 'last',
      valueEncoding,
    });
    function add(): void {
      const key = String(random.below(5000));
      const text = `${key}:${random.next()}`.repeat(1 + random.below(8));
      writer.put(key, text);
      wanted.set(key, text);
    }
    for (let i = 0; i < 3000; i++) add();
    await writer.close();
    const found = await contents(uri, { valueEncoding });
    expect(new Map(found as [string, string][])).toEqual(wanted);
    expect(found.length).toBe(wanted.size);
  });
});

describe('a send from within a send', () => {
  it('is refused while the record is encoded, and leaves the producer as it is', async () => {
    const producer = await createLog(uri, { buckets: 3 });
    const call: Meanwhile = { run: () => undefined };
    class Bytes extends Uint8Array {
      override get length(): number {
        once(call);
        return super.length;
      }
    }
    const value = new Bytes(3).fill(7);
    let refused = 0;
    call.run = () => {
      failureNow(() => producer.send(null, 'inner'), 'INVALID_ARGUMENT');
      refused++;
    };
    producer.send(null, value);
    const options = {
      get timestamp() {
        producer.send(null, 'before');
        return 5;
      },
    };
    producer.send(null, 'last', options);
    expect(refused).toBe(1);
    expect(producer.count).toBe(3);
    await producer.close();
    await using log = await openLog(uri);
    const records: [number, number][] = [];
    for await (const record of log.records()) records.push([record.bucket, record.value().length]);
    expect(records).toEqual([
      [0, 3],
      [1, 6],
      [2, 4],
    ]);
  });
});

/** A source of pairs that gives `count` of them and then hangs; `returned` counts how often it was closed. */
function hanging(count: number): AsyncIterable<readonly [string, string]> & { returned: number } {
  let next = 0;
  const source = {
    returned: 0,
    [Symbol.asyncIterator]: () => ({
      next: (): Promise<IteratorResult<readonly [string, string]>> =>
        next < count
          ? Promise.resolve({ done: false, value: [`k${next++}`, 'v'] as const })
          : new Promise(() => undefined),
      return: (): Promise<IteratorResult<readonly [string, string]>> => {
        source.returned++;
        return new Promise(() => undefined);
      },
    }),
  };
  return source;
}

const TURN = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe.each(['putAll', 'sendAll'] as const)('%s() from a source that hangs', (method) => {
  interface Filling {
    readonly load: Promise<number>;
    readonly end: { cancel(): Promise<void>; close(): Promise<unknown> };
  }

  async function fill(
    source: AsyncIterable<readonly [string, string]> | Iterable<readonly [string, string]>,
    signal?: AbortSignal,
    target = uri,
  ): Promise<Filling> {
    if (method === 'putAll') {
      const writer = await createStore(target, { signal });
      return { load: writer.putAll(source), end: writer };
    }
    const producer = await createLog(target, { signal });
    return { load: producer.sendAll(source), end: producer };
  }

  it('rejects with the reason of an abort, and closes the source without waiting for it', async () => {
    const abort = new AbortController();
    const source = hanging(2);
    const { load } = await fill(source, abort.signal);
    const reason = new Error('stop');
    setTimeout(() => abort.abort(reason), 5);
    await expect(load).rejects.toBe(reason);
    expect(source.returned).toBe(1);
  });

  it.each(['cancel', 'close'] as const)('rejects with CLOSED after %s()', async (end) => {
    const source = hanging(2);
    const { load, end: writer } = await fill(source);
    const outcome = failure(load, 'CLOSED');
    await TURN();
    await writer[end]();
    await outcome;
    expect(source.returned).toBe(1);
  });

  it('does not begin after the end', async () => {
    const { load, end: writer } = await fill([['a', '1']]);
    expect(await load).toBe(1);
    await writer.close();
    const source = hanging(0);
    const late = method === 'putAll' ? (writer as Writer).putAll(source) : undefined;
    if (late !== undefined) await failure(late, 'CLOSED');
    expect(source.returned).toBe(method === 'putAll' ? 1 : 0);
  });

  it('cancels a ReadableStream at once', async () => {
    let cancelled: unknown;
    const stream = new ReadableStream<readonly [string, string]>({
      start: (controller) => controller.enqueue(['a', '1']),
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    const abort = new AbortController();
    const { load } = await fill(stream as unknown as AsyncIterable<readonly [string, string]>, abort.signal);
    const outcome = expect(load).rejects.toBe('why');
    await TURN();
    abort.abort('why');
    await outcome;
    expect(cancelled).toBe('why');
  });

  it('destroys a stream of Node at once', async () => {
    const { Readable } = await import('node:stream');
    const stream = new Readable({ objectMode: true, read: () => undefined });
    stream.push(['a', '1']);
    const { load, end: writer } = await fill(stream);
    const outcome = failure(load, 'CLOSED');
    await TURN();
    await writer.cancel();
    await outcome;
    expect(stream.destroyed).toBe(true);
  });

  it('closes an iterable whose entry waits for the storage', async () => {
    const storage = new OddStorage().register();
    let closed = 0;
    function* pairs(): Generator<readonly [string, string]> {
      try {
        for (let i = 0; ; i++) yield [String(i).padStart(8, '0'), 'x'.repeat(8192)];
      } finally {
        closed++;
      }
    }
    storage.onWrite = () => new Promise(() => undefined);
    const { load, end: writer } = await fill(pairs(), undefined, `odd:hang-${method}`);
    const outcome = failure(load, 'CLOSED');
    await TURN();
    writer.cancel().catch(() => undefined);
    await outcome;
    expect(closed).toBe(1);
  });
});

describe('putAll()', () => {
  it('takes a ReadableStream whole, and releases it', async () => {
    const stream = new ReadableStream<readonly [string, number]>({
      start(controller) {
        controller.enqueue(['a', 1]);
        controller.enqueue(['b', 2]);
        controller.close();
      },
    });
    const writer = await createStore(uri);
    expect(await writer.putAll(stream as unknown as AsyncIterable<readonly [string, number]>)).toBe(2);
    expect(stream.locked).toBe(false);
    await writer.close();
  });

  it('waits for a source to clean up after an entry that is refused, and reports the refusal', async () => {
    let cleaned = false;
    async function* pairs(): AsyncGenerator<readonly [string, number]> {
      try {
        yield ['b', 1];
        yield ['a', 2];
      } finally {
        await TURN();
        cleaned = true;
        // biome-ignore lint/correctness/noUnsafeFinally: what a source throws here must not hide the refusal.
        throw new Error('and this');
      }
    }
    const writer = await createStore(uri);
    await failure(writer.putAll(pairs()), 'KEY_ORDER');
    expect(cleaned).toBe(true);
    expect(writer.count).toBe(1);
    await writer.cancel();
  });

  it('reports what a source throws', async () => {
    const writer = await createStore(uri);
    const broken = new Error('the source broke');
    async function* pairs(): AsyncGenerator<readonly [string, number]> {
      yield ['a', 1];
      throw broken;
    }
    await expect(writer.putAll(pairs())).rejects.toBe(broken);
    await writer.cancel();
  });
});

describe('an abort while a sorting writer spills', () => {
  it('is told by its reason, to puts that wait and to close()', async () => {
    for (let turn = 0; turn < 12; turn++) {
      const abort = new AbortController();
      const reason = new Error('stop');
      const storage = new OddStorage().register();
      let writes = 0;
      storage.onWrite = async () => {
        if (++writes === turn + 1) abort.abort(reason);
        await new Promise(setImmediate);
      };
      const writer = await createStore(`odd:spill-${turn}`, {
        sort: true,
        sortBytes: 65_536,
        signal: abort.signal,
      });
      const seen = new Set<unknown>();
      for (let i = 0; i < 20_000; i++) {
        try {
          await writer.put(String((i * 7919) % 20_000), i);
        } catch (error) {
          seen.add(error);
          break;
        }
      }
      await writer.close().catch((error: unknown) => seen.add(error));
      expect([...seen]).toEqual([reason]);
    }
  });

  it('ends close() where runs are merged into runs', async () => {
    const abort = new AbortController();
    const reason = new Error('stop');
    const storage = new OddStorage().register();
    const writer = await createStore('odd:merging', { sort: true, sortBytes: 65_536, signal: abort.signal });
    for (let i = 0; i < 40_000; i++) await writer.put(String((i * 7919) % 40_000), i);
    let opened = 0;
    storage.onRead = () => {
      if (++opened === 3) abort.abort(reason);
    };
    await expect(writer.close()).rejects.toBe(reason);
    expect(storage.openSources).toBe(0);
  });
});
