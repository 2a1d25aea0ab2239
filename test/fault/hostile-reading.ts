import { isDeepStrictEqual } from 'node:util';
import { inspectFile, inspectFileJson } from '../../src/inspect/index.ts';
import type { ByteSource } from '../../src/io/byte-source.ts';
import { MemoryStorage, memoryScheme } from '../../src/io/memory.ts';
import { registerStorage } from '../../src/io/uri.ts';
import {
  type CairnErrorCode,
  copyStore,
  isCairnError,
  mergeStores,
  type OpenStoreOptions,
  openStore,
  type StoreReader,
  storeInfo,
  verifyStore,
} from '../../src/node/index.ts';

/** What a reader may say of files that are not as they should be. */
const REFUSALS: readonly CairnErrorCode[] = ['CORRUPTION', 'UNSUPPORTED_FORMAT', 'NOT_A_STORE', 'NOT_FOUND'];

const WAYS: readonly OpenStoreOptions[] = [
  {},
  { cacheBytes: 0 },
  { cacheBytes: 3000 },
  { views: true },
  { cacheBytes: 1200, views: true },
  { cacheBytes: 0, verify: 'always' },
];

/** Keys of a store that are looked up one by one. */
const MAX_KEYS = 40;

type Reader = StoreReader<unknown, unknown>;

/** A storage that knows what was opened. */
class WatchedStorage extends MemoryStorage {
  override readonly scheme: string = 'hostile';
  readonly opened: string[] = [];

  override async open(path: string): Promise<ByteSource> {
    this.opened.push(path);
    return super.open(path);
  }
}

/** What a hostile store did that none may do. */
export class Finding extends Error {}

/** What came of reading a hostile store. */
export interface Reading {
  /** Whether the verification found nothing. */
  readonly verified: boolean;
  /** Refusals by their codes. */
  readonly refusals: ReadonlyMap<string, number>;
}

/**
 * Reads a store in every way there is. Allowed are errors of ours; and where the verification finds nothing wrong,
 * answers that agree with each other, whatever way they come.
 *
 * @param thorough Whether all kinds of readers are tried, or two that `seed` chooses.
 * @throws {Finding} for anything else.
 */
export async function readHostile(
  files: ReadonlyMap<string, Uint8Array>,
  seed: number,
  thorough: boolean,
): Promise<Reading> {
  const storage = new WatchedStorage(() => 0);
  registerStorage({ storage, parse: memoryScheme(storage).parse });
  for (const [path, bytes] of files) await storage.replace(`s/${path}`, bytes);
  await storage.makeDirectory('s/data');
  const reading = new HostileReading('hostile:s');
  await reading.verify();
  const ways = thorough ? WAYS : [WAYS[seed % 3], WAYS[3 + (seed % 3)]];
  for (const way of ways) await reading.read('hostile:s', way);
  await reading.others([...files.keys()], thorough || seed % 4 === 0);
  const outside = storage.opened.filter(
    (path) => !/^(s|copy|merged)(\/MANIFEST\.json|\/data\/[^/\\]+\.cairn|\/data\.cairn)?$/.test(path),
  );
  if (outside.length > 0) throw new Finding(`opened ${JSON.stringify(outside)}`);
  return reading;
}

class HostileReading implements Reading {
  verified = false;
  readonly refusals = new Map<string, number>();
  readonly #uri: string;
  #entries: [unknown, unknown][] | undefined;

  constructor(uri: string) {
    this.#uri = uri;
  }

  async verify(): Promise<void> {
    const report = await this.#try('verifyStore()', () => verifyStore(this.#uri), false);
    this.verified = report?.ok === true;
    if (report !== undefined && report.ok !== (report.problems.length === 0))
      throw new Finding('ok and problems of a verification disagree');
  }

  async read(uri: string, options: OpenStoreOptions): Promise<void> {
    const reader: Reader | undefined = await this.#try(
      `openStore(${JSON.stringify(options)})`,
      () => openStore<unknown, unknown>(uri, options),
      true,
      // A codec of the writer's own has to be given.
      ['INVALID_ARGUMENT'],
    );
    if (reader === undefined) return;
    try {
      await this.#scans(reader);
      await this.#points(reader);
    } finally {
      await reader.close();
    }
  }

  async #scans(reader: Reader): Promise<void> {
    const { count } = reader.info;
    const most = <T>(list: T[]): T[] => {
      if (list.length > count) throw new Finding(`${list.length} entries of a store of ${count}`);
      return list;
    };
    const lists = [
      await this.#try('entriesSync()', () => most([...reader.entriesSync()])),
      await this.#try('entriesSync({ reverse })', () =>
        most([...reader.entriesSync({ reverse: true })]).reverse(),
      ),
      await this.#try('entries()', async () => {
        const list: [unknown, unknown][] = [];
        for await (const entry of reader.entries()) list.push(entry);
        return most(list);
      }),
      await this.#try('forEachSync()', () => {
        const list: [unknown, unknown][] = [];
        // What is lent for the call is copied.
        reader.forEachSync((key, value) => list.push([owned(key), owned(value)]));
        return most(list);
      }),
    ];
    const [first] = lists;
    this.#entries ??= first;
    if (!this.verified) return;
    for (const [i, list] of lists.entries()) this.#same(`scan ${i}`, list, this.#entries);
    if (first !== undefined && first.length !== count)
      throw new Finding(`${first.length} entries, count ${count}`);
  }

  async #points(reader: Reader): Promise<void> {
    const entries = this.#entries ?? [];
    const step = Math.max(1, Math.floor(entries.length / MAX_KEYS));
    const { firstKey, lastKey, count } = reader.info;
    for (let i = 0; i < entries.length; i += step) {
      const [key, value] = entries[i];
      await this.#ask('getSync()', () => reader.getSync(key), value);
      await this.#ask('get()', () => reader.get(key), value);
      await this.#ask('hasSync()', () => reader.hasSync(key), true);
      await this.#ask('atSync()', () => reader.atSync(i), entries[i]);
      await this.#ask('rankSync()', () => reader.rankSync(key), i);
      await this.#ask('floorSync()', () => reader.floorSync(key), entries[i]);
      await this.#ask('countSync()', () => reader.countSync({ gt: key }), count - i - 1);
      const range = (): unknown => [...reader.entriesSync({ gte: key, limit: 20 })];
      await this.#ask('entriesSync({ gte, limit })', range, entries.slice(i, i + 20));
    }
    const keys = entries.map(([key]) => key);
    const values = entries.map(([, value]) => value);
    await this.#ask('getManySync()', () => reader.getManySync(keys), values);
    await this.#ask('getMany()', () => reader.getMany(keys), values);
    // These have answers, too, where nothing could be scanned.
    for (const key of [firstKey, lastKey]) {
      if (key === undefined) continue;
      await this.#try('getSync() of an end', () => reader.getSync(key));
      await this.#try('ceilingSync() of an end', () => reader.ceilingSync(key));
      await this.#try('range to an end', () => [
        ...reader.entriesSync({ lte: key, reverse: true, limit: 3 }),
      ]);
    }
    for (const rank of [0, -1, Math.floor(count / 2)]) await this.#try('at()', () => reader.at(rank));
    if (reader.info.keyEncoding === 'utf8') {
      for (const key of ['', ' ', 'word-0000', 'word-1050', 'word-9999', '\u{10ffff}'])
        await this.#try('getSync() of some key', () => [reader.getSync(key), reader.rankSync(key)]);
    }
    await this.#try('sampleSync()', () => reader.sampleSync(3, { seed: 1 }));
  }

  /** What reads files besides a reader. */
  async others(paths: readonly string[], slow: boolean): Promise<void> {
    await this.#try('storeInfo()', () => storeInfo(this.#uri));
    for (const path of paths.slice(0, 2)) {
      await this.#try('inspectFileJson()', () => inspectFileJson(`${this.#uri}/${path}`), false);
    }
    const partition = paths.find((path) => path.endsWith('.cairn'));
    if (partition !== undefined) {
      const single = `${this.#uri}/${partition}`;
      const verified = this.verified;
      const entries = this.#entries;
      // It stands for itself: the manifest says nothing of it.
      this.verified = false;
      this.#entries = undefined;
      await this.read(single, slow ? {} : { cacheBytes: 0 });
      this.verified = verified;
      this.#entries = entries;
    }
    if (!slow) return;
    for (const path of paths.slice(0, 2)) {
      for (const hex of [false, true]) {
        await this.#try(
          'inspectFile()',
          async () => {
            for await (const _line of inspectFile(`${this.#uri}/${path}`, { hex }));
          },
          false,
        );
      }
    }
    await this.#derived('copyStore()', 'hostile:copy', () => copyStore(this.#uri, 'hostile:copy'));
    // A merge takes partitions over as they are.
    await this.#try('mergeStores()', () => mergeStores([this.#uri], 'hostile:merged'), true, [
      'INVALID_ARGUMENT',
    ]);
  }

  /** A copy is as good as what it was made of. */
  async #derived(what: string, target: string, make: () => PromiseLike<unknown>): Promise<void> {
    const made = await this.#try(what, make, true, ['INVALID_ARGUMENT']);
    if (made === undefined) return;
    const report = await verifyStore(target);
    if (this.verified && !report.ok)
      throw new Finding(`${what} made a store that is damaged: ${report.problems[0].message}`);
  }

  async #ask(what: string, question: () => unknown, expected: unknown): Promise<void> {
    const [answer] = (await this.#try(what, async () => [await question()])) ?? [expected];
    if (this.verified) this.#same(what, answer, expected);
  }

  #same(what: string, answer: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(answer, expected))
      throw new Finding(
        `the verification found nothing, and ${what} disagrees: ${shown(answer)}, not ${shown(expected)}`,
      );
  }

  /**
   * The answer, or undefined for a refusal, which is allowed unless the verification saw nothing.
   *
   * Whether values and keys can be decoded is no question of a verification, which looks at bytes.
   */
  async #try<T>(
    what: string,
    action: () => T | PromiseLike<T>,
    whenDamaged = true,
    more: readonly CairnErrorCode[] = [],
  ): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      if (error instanceof Finding) throw error;
      if (!isCairnError(error) || ![...REFUSALS, ...more].includes(error.code))
        throw new Finding(`${what} threw ${String(error)}`, { cause: error });
      this.refusals.set(error.code, (this.refusals.get(error.code) ?? 0) + 1);
      const isOfMeaning = error.section === 'entry' || more.includes(error.code);
      if (whenDamaged && this.verified && !isOfMeaning)
        throw new Finding(`the verification found nothing, and ${what} threw ${error.message}`, {
          cause: error,
        });
      return undefined;
    }
  }
}

function owned(value: unknown): unknown {
  return value instanceof Uint8Array ? value.slice() : value;
}

function shown(value: unknown): string {
  const text =
    JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each)) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
