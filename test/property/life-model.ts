import fc from 'fast-check';
import { expect } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import {
  copyStore,
  createStore,
  deleteStore,
  listStores,
  mergeStore,
  mergeStores,
  openStore,
  renameStore,
  type StoreReader,
  type StoreWriter,
  storeInfo,
  sweepStores,
  verifyStore,
} from '../../src/node/index.ts';
import { failure } from '../support/failures.ts';
import { collect, fill, type Pair, TEXT } from '../support/stores.ts';
import type { ServedCopies } from './served-copies.ts';
import { reading, writing } from './store-arbitraries.ts';

/** What there should be: stores as sorted arrays. */
export class LifeModel {
  readonly stores = new Map<string, readonly Pair[]>();
  readonly writers: { readonly name: string; readonly pairs: Pair[] }[] = [];
  readonly readers: { readonly name: string; readonly pairs: readonly Pair[]; readonly far: boolean }[] = [];
  /** Names at which killed writers may have left something. */
  readonly littered = new Set<string>();
  /** The id of each list of entries that has been seen: it depends on nothing else. */
  readonly ids = new Map<string, string>();
  steps = 0;

  isBeingWritten(name: string): boolean {
    return this.writers.some((writer) => writer.name === name);
  }
}

/** What there is. */
export interface Life {
  readonly root: string;
  /** Whether readers miss what is removed while they read, as in a bucket. */
  readonly objects: boolean;
  /** Where stores are published. */
  readonly served: ServedCopies;
  readonly writers: StoreWriter<string, string>[];
  readonly readers: StoreReader<string, string>[];
  /** Writers that were killed, as far as a process can kill its own. */
  readonly killed: StoreWriter<string, string>[];
}

type LifeCommand = fc.AsyncCommand<LifeModel, Life>;

function command(
  name: string,
  check: (model: LifeModel) => boolean,
  run: (model: LifeModel, life: Life) => Promise<void>,
): LifeCommand {
  return {
    check,
    toString: () => name,
    async run(model, life) {
      model.steps++;
      await run(model, life);
    },
  };
}

const ABSENT = ['NOT_FOUND', 'INCOMPLETE', 'NOT_A_STORE'] as const;

const name = fc.constantFrom('a', 'b', 'c');
const key = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '~'), maxLength: 4 });
const value = fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom('x'.repeat(300), 'yz'.repeat(400)));
const rule = fc.constantFrom('error', 'first', 'last');

function union(first: readonly Pair[], second: readonly Pair[], keep: 'first' | 'last'): Pair[] {
  const all = keep === 'first' ? [...second, ...first] : [...first, ...second];
  return [...new Map(all)].sort(([a], [b]) => (a < b ? -1 : 1));
}

function haveCommon(first: readonly Pair[], second: readonly Pair[]): boolean {
  const keys = new Set(first.map(([each]) => each));
  return second.some(([each]) => keys.has(each));
}

/** Two stores are the same exactly if they have one id. */
async function checkId(model: LifeModel, life: Life, which: string): Promise<void> {
  const { id, count } = await storeInfo(`${life.root}/${which}`);
  const pairs = model.stores.get(which) ?? [];
  expect(count).toBe(pairs.length);
  const content = JSON.stringify(pairs);
  expect(model.ids.get(content) ?? id).toBe(id);
  model.ids.set(content, id);
  expect(new Set(model.ids.values()).size).toBe(model.ids.size);
}

/** In a bucket, readers of what is removed have come to their end. */
async function closeReadersOf(model: LifeModel, life: Life, which: string): Promise<void> {
  if (!life.objects) return;
  for (let i = model.readers.length - 1; i >= 0; i--) {
    if (model.readers[i].name !== which) continue;
    model.readers.splice(i, 1);
    await life.readers.splice(i, 1)[0].close();
  }
}

const create = fc.record({ which: name, options: writing }).map(({ which, options }) =>
  command(
    `create ${which} ${JSON.stringify(options)}`,
    ({ writers }) => writers.length < 3,
    async (model, life) => {
      const creating = createStore(`${life.root}/${which}`, { ...TEXT, ...options });
      if (model.stores.has(which)) {
        await failure(
          creating.then(() => undefined),
          'ALREADY_EXISTS',
        );
        return;
      }
      life.writers.push(await creating);
      model.writers.push({ name: which, pairs: [] });
    },
  ),
);

const put = fc
  .record({ at: fc.nat(2), pairs: fc.array(fc.tuple(key, value), { maxLength: 12 }), sorted: fc.boolean() })
  .map(({ at, pairs, sorted }) => {
    // In order mostly: what is not is refused, and changes nothing.
    if (sorted) pairs.sort(([a], [b]) => (a < b ? -1 : 1));
    return command(
      `put into writer ${at}: ${JSON.stringify(pairs.map(([each]) => each))}`,
      ({ writers }) => writers.length > at,
      async ({ writers }, life) => {
        const kept = writers[at].pairs;
        for (const [each, text] of pairs) {
          const last = kept.at(-1)?.[0];
          const wanted =
            each === ''
              ? 'INVALID_ARGUMENT'
              : last === undefined || last < each
                ? undefined
                : last === each
                  ? 'DUPLICATE_KEY'
                  : 'KEY_ORDER';
          let met: string | undefined;
          try {
            await life.writers[at].put(each, text);
            kept.push([each, text]);
          } catch (error) {
            met = isCairnError(error) ? error.code : String(error);
          }
          expect(met, `putting ${each} after ${last}`).toBe(wanted);
        }
      },
    );
  });

const endWriter = fc
  .record({ at: fc.nat(2), way: fc.constantFrom('close', 'close', 'close', 'cancel', 'kill') })
  .map(({ at, way }) =>
    command(
      `${way} writer ${at}`,
      ({ writers }) => writers.length > at,
      async (model, life) => {
        const [{ name: which, pairs }] = model.writers.splice(at, 1);
        const [writer] = life.writers.splice(at, 1);
        if (way === 'cancel') return writer.cancel();
        if (way === 'kill') {
          model.littered.add(which);
          life.killed.push(writer);
          return;
        }
        if (model.stores.has(which)) {
          await failure(writer.close(), 'ALREADY_EXISTS');
          return;
        }
        await writer.close();
        model.stores.set(which, pairs);
        await checkId(model, life, which);
      },
    ),
  );

/** Keeps a reader of a store if there is such a store; there must be none otherwise. */
async function addReader(
  model: LifeModel,
  life: Life,
  which: string,
  opening: Promise<StoreReader<string, string>>,
  far: boolean,
): Promise<void> {
  const pairs = model.stores.get(which);
  if (pairs === undefined) {
    await failure(
      opening.then(() => undefined),
      ...ABSENT,
    );
    return;
  }
  life.readers.push(await opening);
  model.readers.push({ name: which, pairs, far });
}

const open = fc.record({ which: name, options: reading }).map(({ which, options: { cacheBytes, verify } }) =>
  command(
    `open ${which} with ${cacheBytes} bytes of cache, verified ${verify}`,
    ({ readers }) => readers.length < 3,
    async (model, life) => {
      const opening = openStore(`${life.root}/${which}`, { ...TEXT, cacheBytes, verify });
      await addReader(model, life, which, opening, life.objects);
    },
  ),
);

const publish = fc
  .record({ which: name, options: reading })
  .map(({ which, options: { cacheBytes, verify } }) =>
    command(
      `publish ${which}, and open that with ${cacheBytes} bytes of cache, verified ${verify}`,
      ({ readers }) => readers.length < 3,
      async (model, life) => {
        const url = await life.served.publish(`${life.root}/${which}`);
        await addReader(model, life, which, openStore(url, { ...TEXT, cacheBytes, verify }), true);
      },
    ),
  );

const ask = fc
  .record({
    at: fc.nat(2),
    keys: fc.array(key, { minLength: 1, maxLength: 6 }),
    bounds: fc.tuple(key, key),
    reverse: fc.boolean(),
    limit: fc.nat(9),
    index: fc.integer({ min: -9, max: 9 }),
    sync: fc.boolean(),
  })
  .map(({ at, keys, bounds, reverse, limit, index, sync }) =>
    command(
      `ask reader ${at} about ${JSON.stringify({ keys, bounds, reverse, limit, index, sync })}`,
      ({ readers }) => readers.length > at,
      async ({ readers }, life) => {
        const { pairs, far } = readers[at];
        const store = life.readers[at];
        const found = new Map(pairs);
        const [from, to] = bounds;
        const range = { gte: from, lt: to, reverse, limit };
        const within = pairs.filter(([each]) => each >= from && each < to);
        const count = within.length;
        if (reverse) within.reverse();
        const floor = pairs.filter(([each]) => each <= keys[0]).at(-1);
        const expected = [
          keys.map((each) => found.get(each)),
          found.get(keys[0]),
          within.slice(0, limit),
          pairs.filter(([each]) => each.startsWith(keys[0])).map(([each]) => each),
          count,
          pairs.at(index),
          floor,
          pairs.filter(([each]) => each < keys[0]).length,
        ];
        const answers =
          sync && !far
            ? [
                store.getManySync(keys),
                store.getSync(keys[0]),
                [...store.entriesSync(range)],
                [...store.keysSync({ prefix: keys[0] })],
                store.countSync({ gte: from, lt: to }),
                store.atSync(index),
                store.floorSync(keys[0]),
                store.rankSync(keys[0]),
              ]
            : await Promise.all([
                store.getMany(keys),
                store.get(keys[0]),
                collect(store.entries(range)),
                collect(store.keys({ prefix: keys[0] })),
                store.count({ gte: from, lt: to }),
                store.at(index),
                store.floor(keys[0]),
                store.rank(keys[0]),
              ]);
        expect(answers).toEqual(expected);
      },
    ),
  );

const closeReader = fc.nat(2).map((at) =>
  command(
    `close reader ${at}`,
    ({ readers }) => readers.length > at,
    async (model, life) => {
      model.readers.splice(at, 1);
      const [store] = life.readers.splice(at, 1);
      await store.close();
      await failure(store.get('a'), 'CLOSED');
    },
  ),
);

const merge = fc.record({ from: name, to: name, onDuplicate: rule }).map(({ from, to, onDuplicate }) =>
  command(
    `merge ${from} into ${to}, duplicates: ${onDuplicate}`,
    (model) => !model.isBeingWritten(from) && !model.isBeingWritten(to),
    async (model, life) => {
      const merging = mergeStore(`${life.root}/${from}`, `${life.root}/${to}`, { onDuplicate } as object);
      const [source, target] = [model.stores.get(from), model.stores.get(to)];
      if (from === to) return void (await failure(merging, 'INVALID_ARGUMENT'));
      if (source === undefined || target === undefined) return void (await failure(merging, ...ABSENT));
      if (onDuplicate === 'error' && haveCommon(source, target)) {
        return void (await failure(merging, 'DUPLICATE_KEY'));
      }
      await merging;
      await closeReadersOf(model, life, from);
      await closeReadersOf(model, life, to);
      model.stores.delete(from);
      model.stores.set(to, union(target, source, onDuplicate === 'first' ? 'first' : 'last'));
      await checkId(model, life, to);
    },
  ),
);

const mergeNew = fc.record({ first: name, second: name, to: name, onDuplicate: rule }).map((given) =>
  command(
    `merge ${given.first} and ${given.second} to ${given.to}, duplicates: ${given.onDuplicate}`,
    (model) =>
      !model.isBeingWritten(given.to) &&
      given.first !== given.second &&
      given.to !== given.first &&
      given.to !== given.second,
    async (model, life) => {
      const { onDuplicate } = given;
      const [first, second] = [model.stores.get(given.first), model.stores.get(given.second)];
      const sources = [`${life.root}/${given.first}`, `${life.root}/${given.second}`];
      const merging = mergeStores(sources, `${life.root}/${given.to}`, { onDuplicate } as object);
      if (first === undefined || second === undefined || model.stores.has(given.to)) {
        return void (await failure(merging, ...ABSENT, 'ALREADY_EXISTS'));
      }
      if (onDuplicate === 'error' && haveCommon(first, second)) {
        return void (await failure(merging, 'DUPLICATE_KEY'));
      }
      await merging;
      model.stores.set(given.to, union(first, second, onDuplicate === 'first' ? 'first' : 'last'));
      await checkId(model, life, given.to);
    },
  ),
);

const move = fc
  .record({ from: name, to: name, way: fc.constantFrom('rename', 'copy') })
  .map(({ from, to, way }) =>
    command(
      `${way} ${from} to ${to}`,
      (model) =>
        from !== to && !model.isBeingWritten(from) && !model.isBeingWritten(to) && !model.littered.has(to),
      async (model, life) => {
        const [source, target] = [`${life.root}/${from}`, `${life.root}/${to}`];
        const moving = way === 'copy' ? copyStore(source, target) : renameStore(source, target);
        const pairs = model.stores.get(from);
        if (pairs === undefined) return void (await failure(moving, ...ABSENT));
        if (model.stores.has(to)) return void (await failure(moving, 'ALREADY_EXISTS'));
        await moving;
        model.stores.set(to, pairs);
        await checkId(model, life, to);
        if (way === 'copy') return;
        await closeReadersOf(model, life, from);
        model.stores.delete(from);
        // A directory moves with all that is in it.
        if (model.littered.delete(from)) model.littered.add(to);
      },
    ),
  );

const remove = name.map((which) =>
  command(
    `delete ${which}`,
    (model) => !model.isBeingWritten(which),
    async (model, life) => {
      const deleting = deleteStore(`${life.root}/${which}`);
      if (model.stores.delete(which)) await deleting;
      // What a killed writer left can be deleted; where there is nothing, that is told.
      else if (model.littered.has(which))
        await deleting.catch((error) => expect(ABSENT).toContain(error.code));
      else await failure(deleting, ...ABSENT);
      model.littered.delete(which);
      await closeReadersOf(model, life, which);
    },
  ),
);

const look = name.map((which) =>
  command(
    `look at everything, and at ${which} above all`,
    () => true,
    async (model, life) => {
      const listed = (await collect(listStores(life.root))).map(({ uri }) =>
        uri.slice(uri.lastIndexOf('/') + 1),
      );
      expect(listed.sort()).toEqual([...model.stores.keys()].sort());
      const verifying = verifyStore(`${life.root}/${which}`);
      if (model.stores.has(which)) expect(await verifying).toMatchObject({ ok: true, problems: [] });
      else await failure(verifying, ...ABSENT);
    },
  ),
);

const sweep = fc.constant(
  command(
    'sweep',
    ({ writers }) => writers.length === 0,
    async (model, life) => {
      await sweepStores(life.root, { olderThanMs: 0 }).catch((error) => expect(error.code).toBe('NOT_FOUND'));
      model.littered.clear();
    },
  ),
);

const restart = fc.constant(
  command(
    'kill everything, and start again',
    () => true,
    async (model, life) => {
      for (const { name: which } of model.writers.splice(0)) model.littered.add(which);
      life.killed.push(...life.writers.splice(0));
      model.readers.splice(0);
      for (const store of life.readers.splice(0)) await store.close();
    },
  ),
);

/** A store from one call, so that there are some for the others. */
const make = fc
  .record({
    which: name,
    pairs: fc.uniqueArray(
      fc.tuple(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }), value),
      {
        selector: ([each]) => each,
        maxLength: 25,
      },
    ),
    options: writing,
  })
  .map(({ which, pairs, options }) => {
    pairs.sort(([a], [b]) => (a < b ? -1 : 1));
    return command(
      `make ${which} of ${JSON.stringify(pairs.map(([each]) => each))} ${JSON.stringify(options)}`,
      () => true,
      async (model, life) => {
        const making = fill(`${life.root}/${which}`, pairs, options);
        if (model.stores.has(which)) {
          await failure(making, 'ALREADY_EXISTS');
          return;
        }
        await making;
        model.stores.set(which, pairs);
        await checkId(model, life, which);
      },
    );
  });

/** Everything that users do to stores, in any order. */
export const LIFE_COMMANDS: fc.Arbitrary<LifeCommand>[] = [
  make,
  make,
  make,
  create,
  put,
  put,
  endWriter,
  endWriter,
  open,
  publish,
  ask,
  ask,
  closeReader,
  merge,
  merge,
  mergeNew,
  move,
  move,
  remove,
  look,
  sweep,
  restart,
];

/** What must hold when all is over; nothing is left then. */
export async function endLife(model: LifeModel, life: Life): Promise<void> {
  for (const store of life.readers) await store.close();
  life.served.clear();
  for (const writer of life.writers) await writer.cancel();
  for (const writer of life.killed) await writer.cancel().catch(() => undefined);
  for (const which of ['a', 'b', 'c']) {
    const pairs = model.stores.get(which);
    if (pairs === undefined) {
      await failure(storeInfo(`${life.root}/${which}`), ...ABSENT);
      continue;
    }
    await using store = await openStore(`${life.root}/${which}`, TEXT);
    expect(await collect(store.entries())).toEqual(pairs);
    await deleteStore(`${life.root}/${which}`);
  }
  await sweepStores(life.root, { olderThanMs: 0 }).catch((error) => expect(error.code).toBe('NOT_FOUND'));
}
