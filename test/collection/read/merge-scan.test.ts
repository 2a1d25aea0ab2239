import { expect, it } from 'vitest';
import { compareBytes } from '../../../src/bytes/compare.ts';
import { type Change, type Collection, openCollection } from '../../../src/collection/index.ts';
import type { Range } from '../../../src/store/read/range.ts';
import { seededRandom } from '../../support/crash-disk.ts';

type Bytes = Collection<Uint8Array, Uint8Array>;

/** Too large for a version file, so that each commit makes a generation of its own. */
const FILLER = new Uint8Array(300_000);

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What a range holds of all entries, as text. */
function expected(model: ReadonlyMap<string, number>, range: Range<Uint8Array>): string {
  const { gte, lt, reverse = false, limit = Number.POSITIVE_INFINITY } = range;
  const keys = [...model.keys()]
    .map((key) => Uint8Array.from(Buffer.from(key, 'hex')))
    .filter((key) => gte === undefined || compareBytes(key, gte) >= 0)
    .filter((key) => lt === undefined || compareBytes(key, lt) < 0)
    .sort((a, b) => (reverse ? compareBytes(b, a) : compareBytes(a, b)));
  return keys
    .slice(0, limit)
    .map((key) => `${hexOf(key)}=${model.get(hexOf(key))}`)
    .join(' ');
}

const shown = ([key, value]: readonly [Uint8Array, Uint8Array]): string =>
  `${hexOf(key)}=${value.length > 4 ? -1 : value[0]}`;

async function checkRanges(
  collection: Bytes,
  model: ReadonlyMap<string, number>,
  someKey: () => Uint8Array,
): Promise<void> {
  for (let i = 0; i < 12; i++) {
    const range: Range<Uint8Array> = {
      ...(i % 3 === 0 ? {} : { gte: someKey() }),
      ...(i % 4 === 0 ? {} : { lt: someKey() }),
      reverse: i % 2 === 1,
      ...(i % 5 === 4 ? { limit: 7 } : {}),
    };
    const wanted = expected(model, range);
    if ([...collection.entriesSync(range)].map(shown).join(' ') !== wanted) throw new Error('wrong entries');
    const later: string[] = [];
    for await (const entry of collection.entries(range)) later.push(shown(entry));
    if (later.join(' ') !== wanted) throw new Error('wrong entries, waiting');
    const count = wanted === '' ? 0 : wanted.split(' ').length;
    expect([collection.countSync(range), await collection.count(range)]).toEqual([count, count]);
  }
}

// How keys begin and end: some are the beginning of others, some differ only after the bytes that are compared as a number.
const SHAPES: Readonly<Record<string, readonly [prefix: string, lengths: readonly number[], bytes: number]>> =
  {
    'that share nothing': ['', [1, 2, 3], 256],
    'of few bytes': ['', [1, 2, 3, 4, 5, 6, 7, 8], 2],
    'with a prefix': ['key:', [0, 1, 2, 5, 6, 7, 9], 3],
    'that end in zeros': ['z', [0, 1, 5, 6, 7, 12], 1],
  };

it.each(Object.entries(SHAPES))('merges generations with keys %s as one sorted map', async (name, shape) => {
  const [prefix, lengths, bytes] = shape;
  const random = seededRandom(name.length);
  const below = (limit: number): number => Math.floor(random() * limit);
  const someKey = (): Uint8Array => {
    const rest = Array.from({ length: lengths[below(lengths.length)] }, () => below(bytes));
    const key = [...Buffer.from(prefix), ...rest];
    return Uint8Array.from(key.length === 0 ? [0] : key);
  };
  const options = { keyEncoding: 'binary', valueEncoding: 'binary', autoCompact: false } as const;
  await using collection: Bytes = await openCollection(`memory:merge-scan/${name.length}`, options);
  const model = new Map<string, number>();
  for (let generation = 0; generation < 7; generation++) {
    const changes: Change<Uint8Array, Uint8Array>[] = [];
    const filler = Uint8Array.from([...Buffer.from(prefix), ...Buffer.from(`filler${generation}`)]);
    changes.push({ set: [filler, FILLER] });
    model.set(hexOf(filler), -1);
    for (let i = 0; i < 60; i++) {
      const key = someKey();
      if (below(4) === 0) {
        changes.push({ delete: key });
        model.delete(hexOf(key));
      } else {
        changes.push({ set: [key, Uint8Array.of(generation)] });
        model.set(hexOf(key), generation);
      }
    }
    await collection.commit(changes);
    await checkRanges(collection, model, someKey);
  }
  expect(collection.info.generations.length).toBe(7);
  await collection.compact({ full: true });
  await checkRanges(collection, model, someKey);
});
