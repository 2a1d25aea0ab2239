import fc from 'fast-check';
import { expect } from 'vitest';
import {
  createStore,
  deleteStore,
  openStore,
  type Range,
  type StoreInfo,
  type StoreReader,
} from '../../src/index.ts';
import { collect } from '../support/stores.ts';
import {
  boundOf,
  entriesOf,
  type Kind,
  keyOf,
  kind,
  prefixOf,
  reading,
  writing,
} from './store-arbitraries.ts';
import { type ModelRange, StoreModel } from './store-model.ts';

export type Reader = StoreReader<unknown, unknown>;
export type Entries = [unknown, unknown][];

let number = 0;

/** A new name in memory. */
export function nextUri(): string {
  return `memory:property-${number++}`;
}

/** Writes a store of a kind to memory. */
export async function write(kindOfStore: Kind, entries: Entries, options: object): Promise<StoreInfo> {
  const writer = await createStore(nextUri(), { ...kindOfStore, ...options });
  for (const [key, value] of entries)
    await (writer.put as (key: unknown, value: unknown) => unknown).call(writer, key, value);
  const info: StoreInfo = await writer.close();
  for (const { bytes } of info.partitions) {
    expect(bytes).toBeLessThanOrEqual((options as { partitionBytes?: number }).partitionBytes ?? bytes);
  }
  return info;
}

/** Something that is asked of a store. */
export type Question =
  | { readonly ask: 'get' | 'has' | 'floor' | 'ceiling' | 'rank'; readonly key: unknown }
  | { readonly ask: 'getMany'; readonly keys: unknown[] }
  | { readonly ask: 'at'; readonly index: number }
  | { readonly ask: 'sample'; readonly n: number; readonly seed: number }
  | { readonly ask: 'count' | 'entries' | 'keys' | 'values' | 'forEach'; readonly range: ModelRange }
  | { readonly ask: 'batches'; readonly range: ModelRange; readonly size: number };

/** Questions about a store with these entries: about keys that it has, and others. */
export function question(one: Kind, entries: Entries): fc.Arbitrary<Question> {
  const known =
    entries.length === 0 ? [] : [{ weight: 3, arbitrary: fc.constantFrom(...entries.map(([key]) => key)) }];
  const key = fc.oneof({ weight: 1, arbitrary: keyOf(one) }, ...known);
  const bound = fc.oneof({ weight: 1, arbitrary: boundOf(one) }, ...known);
  const limit = fc.oneof(fc.nat(5), fc.nat(200), fc.constant(Number.POSITIVE_INFINITY));
  const range = fc.record(
    {
      gt: bound,
      gte: bound,
      lt: bound,
      lte: bound,
      prefix: prefixOf(one, bound),
      reverse: fc.boolean(),
      limit,
    },
    { requiredKeys: [] },
  );
  return fc.oneof(
    fc.record({ ask: fc.constantFrom('get', 'has', 'floor', 'ceiling', 'rank'), key }),
    fc.record({ ask: fc.constant('getMany'), keys: fc.array(key, { maxLength: 12 }) }),
    fc.record({
      ask: fc.constant('at'),
      index: fc.integer({ min: -entries.length - 2, max: entries.length + 2 }),
    }),
    fc.record({ ask: fc.constant('sample'), n: fc.nat(20), seed: fc.nat(5) }),
    fc.record({ ask: fc.constantFrom('count', 'entries', 'keys', 'values', 'forEach'), range }),
    fc.record({ ask: fc.constant('batches'), range, size: fc.integer({ min: 1, max: 9 }) }),
  ) as fc.Arbitrary<Question>;
}

/** What lent bytes are at the moment. */
function copyOf(lent: unknown): unknown {
  return lent instanceof Uint8Array ? lent.slice() : lent;
}

export async function answer(store: Reader, asked: Question): Promise<unknown> {
  switch (asked.ask) {
    case 'getMany':
      return store.getMany(asked.keys);
    case 'at':
      return store.at(asked.index);
    case 'sample':
      return store.sample(asked.n, { seed: asked.seed });
    case 'count':
      return store.count(asked.range as Range<unknown>);
    case 'entries':
    case 'keys':
    case 'values':
      return collect<unknown>(store[asked.ask](asked.range as Range<unknown>));
    case 'batches':
      return collect(store.batches(asked.range as Range<unknown>, { size: asked.size }));
    case 'forEach': {
      const seen: unknown[] = [];
      await store.forEach(
        (key, value) => {
          seen.push([copyOf(key), copyOf(value)]);
        },
        asked.range as Range<unknown>,
      );
      return seen;
    }
    default:
      return store[asked.ask](asked.key);
  }
}

export function answerSync(store: Reader, asked: Question): unknown {
  switch (asked.ask) {
    case 'getMany':
      return store.getManySync(asked.keys);
    case 'at':
      return store.atSync(asked.index);
    case 'sample':
      return store.sampleSync(asked.n, { seed: asked.seed });
    case 'count':
      return store.countSync(asked.range as Range<unknown>);
    case 'entries':
    case 'keys':
    case 'values':
      return [...(store[`${asked.ask}Sync`](asked.range as Range<unknown>) as Iterable<unknown>)];
    case 'batches':
      return [...store.batchesSync(asked.range as Range<unknown>, { size: asked.size })];
    case 'forEach': {
      const seen: unknown[] = [];
      store.forEachSync(
        (key, value) => {
          seen.push([copyOf(key), copyOf(value)]);
        },
        asked.range as Range<unknown>,
      );
      return seen;
    }
    default:
      return store[`${asked.ask}Sync`](asked.key);
  }
}

function expected(model: StoreModel, asked: Question): unknown {
  switch (asked.ask) {
    case 'get':
      return model.get(asked.key);
    case 'has':
      return model.get(asked.key) !== undefined;
    case 'floor':
      return model.range({ lte: asked.key }).at(-1);
    case 'ceiling':
      return model.range({ gte: asked.key })[0];
    case 'rank':
      return model.rank(asked.key);
    case 'getMany':
      return asked.keys.map((key) => model.get(key));
    case 'at':
      return model.entries.at(asked.index);
    case 'count':
      return model.range(asked.range).length;
    case 'entries':
    case 'forEach':
      return model.range(asked.range);
    case 'keys':
      return model.range(asked.range).map(([key]) => key);
    case 'values':
      return model.range(asked.range).map(([, value]) => value);
    case 'batches': {
      const entries = model.range(asked.range);
      return Array.from({ length: Math.ceil(entries.length / asked.size) }, (_, i) =>
        entries.slice(i * asked.size, (i + 1) * asked.size),
      );
    }
    case 'sample':
      return undefined;
  }
}

function checkSample(model: StoreModel, n: number, sample: unknown): void {
  const entries = sample as Entries;
  expect(entries.length).toBe(Math.min(n, model.entries.length));
  const places = entries.map(([key]) => model.rank(key));
  expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
  expect(entries).toEqual(places.map((place) => model.entries[place]));
}

/** A store, and what is asked of it. */
export interface Scenario {
  readonly kind: Kind;
  readonly entries: Entries;
  readonly writing: object;
  readonly reading: object;
  readonly questions: Question[];
}

export const scenario: fc.Arbitrary<Scenario> = kind.chain((one) =>
  entriesOf(one, 120).chain((entries) =>
    fc.record({
      kind: fc.constant(one),
      entries: fc.constant(entries),
      writing,
      reading,
      questions: fc.array(question(one, entries), { minLength: 1, maxLength: 30 }),
    }),
  ),
);

/** Writes the store, asks of it in every way, and compares with a sorted array. */
export async function checkScenario(given: Scenario): Promise<void> {
  const info = await write(given.kind, given.entries, given.writing);
  const model = new StoreModel(given.entries, given.kind);
  expect(info.count).toBe(given.entries.length);
  const store = await openStore<unknown, unknown>(info.uri, given.reading);
  // A second reader is only asked in the synchronous way: its cache has another history.
  const other = await openStore<unknown, unknown>(info.uri, given.reading);
  for (const asked of given.questions) {
    const answers = [await answer(store, asked), answerSync(store, asked), answerSync(other, asked)];
    for (const one of answers) {
      if (asked.ask === 'sample') checkSample(model, asked.n, one);
      else expect(one).toEqual(expected(model, asked));
    }
  }
  // Nothing of it has changed the store for the next one.
  expect([...store.entriesSync()]).toEqual(given.entries);
  expect((await store.verify()).ok).toBe(true);
  await store.close();
  await other.close();
  await deleteStore(info.uri);
}
