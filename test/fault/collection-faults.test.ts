import { describe, expect, it } from 'vitest';
import {
  type Collection,
  collectionInfo,
  deleteCollection,
  openCollection,
  sweepCollection,
  verifyCollection,
} from '../../src/collection/index.ts';
import { isCairnError } from '../../src/errors.ts';
import '../../src/node/register.ts';
import { tree } from '../support/storage-tools.ts';
import { everyFault, KINDS } from './faults.ts';

const URI = 'faulty:root/c';

type Texts = Collection<string, string>;

const open = (): Promise<Texts> =>
  openCollection<string, string>(URI, { valueEncoding: 'utf8', autoCompact: false });

/** Values that are too large for a version file, so that commits write partition files, too. */
const wide = (word: string): [string, string][] =>
  Array.from({ length: 30 }, (_, i): [string, string] => [
    `k${String(i).padStart(2, '0')}`,
    word.repeat(1500),
  ]);

async function contentsOf(): Promise<Record<string, string>> {
  await using collection = await open();
  const contents: Record<string, string> = {};
  for await (const [key, value] of collection.entries()) contents[key] = value;
  return contents;
}

/** The collection is whole, with one of these contents; nothing is left that sweep does not find; it takes commits. */
async function isOneOf(...allowed: readonly Record<string, string>[]): Promise<number> {
  const contents = await contentsOf();
  const at = allowed.findIndex((one) => JSON.stringify(one) === JSON.stringify(contents));
  expect(at).toBeGreaterThanOrEqual(0);
  expect(await verifyCollection(URI)).toMatchObject({ ok: true });
  await sweepCollection(URI, { olderThanMs: 0 });
  expect(await sweepCollection(URI, { olderThanMs: 0 })).toEqual([]);
  const { version } = await collectionInfo(URI);
  {
    await using collection = await open();
    expect((await collection.set('after', 'x')).version).toBe(version + 1);
  }
  expect(await contentsOf()).toEqual({ after: 'x', ...contents });
  await deleteCollection(URI);
  expect(await tree('faulty:root')).toEqual([]);
  return at;
}

async function begin(): Promise<void> {
  await using collection = await open();
  await collection.commit(wide('a').map((set) => ({ set })));
  await collection.commit([{ set: ['k05', 'small'] }, { delete: 'k06' }]);
}

const BEFORE: Record<string, string> = Object.fromEntries(
  wide('a').flatMap(([key, value]) => (key === 'k06' ? [] : [[key, key === 'k05' ? 'small' : value]])),
);

const CHANGES: Readonly<
  Record<string, readonly [(collection: Texts) => Promise<unknown>, Record<string, string>]>
> = {
  'a small commit': [(collection) => collection.set('k07', 'new'), { ...BEFORE, k07: 'new' }],
  'a commit with files': [
    (collection) => collection.commit(wide('b').map((set) => ({ set }))),
    Object.fromEntries(wide('b')),
  ],
  'a transaction': [
    (collection) =>
      collection.commit(async (tx) => {
        await tx.deleteRange({ gte: 'k10' });
        await tx.set('k07', `${await tx.get('k05')}!`);
      }),
    { ...Object.fromEntries(Object.entries(BEFORE).filter(([key]) => key < 'k10')), k07: 'small!' },
  ],
  'a replacement': [
    (collection) => collection.commit([{ set: ['only', 'this'] }], { replace: true }),
    { only: 'this' },
  ],
  'a reversion': [(collection) => collection.revertTo(1), Object.fromEntries(wide('a'))],
  'a compaction': [(collection) => collection.compact({ full: true }), BEFORE],
};

describe.each(KINDS)('when an operation of the storage fails $name', (kind) => {
  it.each(Object.entries(CHANGES))('%s is there as a whole or not at all', async (_, [change, after]) => {
    await everyFault(kind, {
      prepare: begin,
      async attempt() {
        const collection = await open();
        try {
          await change(collection);
        } finally {
          await collection.close();
        }
      },
      async check(outcome) {
        if ('error' in outcome) expect(isCairnError(outcome.error, 'IO', 'CONFLICT')).toBe(true);
        const sorted = (one: Record<string, string>): Record<string, string> =>
          Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
        const at = await isOneOf(sorted(after), BEFORE);
        if ('done' in outcome) expect(at).toBe(0);
      },
    });
  });

  it('opening makes a whole collection or none', async () => {
    await everyFault(kind, {
      attempt: async () => (await open()).close(),
      async check() {
        await isOneOf({});
      },
    });
  });

  it('a deletion can be taken up again where it was cut short', async () => {
    await everyFault(kind, {
      prepare: begin,
      attempt: () => deleteCollection(URI),
      async check(outcome) {
        if ('error' in outcome) {
          await deleteCollection(URI).catch((error: unknown) => {
            if (!isCairnError(error, 'NOT_FOUND')) throw error;
          });
        }
        expect((await tree('faulty:root')).filter((path) => !path.endsWith('/'))).toEqual([]);
        await begin();
        await isOneOf(BEFORE);
      },
    });
  });

  it('readers answer right or fail with IO, and answer right once it has passed', async () => {
    await everyFault(kind, {
      prepare: begin,
      attempt: contentsOf,
      async check(outcome, storage) {
        expect(storage.openSources).toBe(0);
        if ('done' in outcome) expect(outcome.done).toEqual(BEFORE);
        else expect(outcome.error).toMatchObject({ code: 'IO' });
        expect(await contentsOf()).toEqual(BEFORE);
      },
    });
  });
});
