import {
  type Collection,
  type CollectionInfo,
  collectionInfo,
  copyCollection,
  type OpenCollectionOptions,
  openCollection,
  sweepCollection,
  type VersionReader,
  verifyCollection,
} from '../../src/collection/index.ts';
import type { ByteSource } from '../../src/io/byte-source.ts';
import { MemoryStorage, memoryScheme } from '../../src/io/memory.ts';
import { registerStorage } from '../../src/io/uri.ts';
import { type CairnErrorCode, isCairnError, openStore } from '../../src/node/index.ts';
import { Finding, type Reading } from './hostile-reading.ts';

/** What may be said of files that are not as they should be. */
const REFUSALS: readonly CairnErrorCode[] = ['CORRUPTION', 'UNSUPPORTED_FORMAT', 'NOT_A_STORE', 'NOT_FOUND'];

const WAYS: readonly OpenCollectionOptions[] = [{}, { cacheBytes: 0 }, { cacheBytes: 3000 }];

/** Keys of a version that are looked up one by one. */
const MAX_KEYS = 40;

/** No message has more characters, whatever a file holds. */
const MAX_MESSAGE = 2000;

type Entries = readonly (readonly [key: unknown, value: unknown])[];

type Raw = VersionReader<unknown, unknown>;

/** A storage that knows which of its files were opened, and which removed. */
class WatchedStorage extends MemoryStorage {
  override readonly scheme: string = 'hostile-collection';
  readonly touched: string[] = [];

  override async open(path: string): Promise<ByteSource> {
    this.touched.push(path);
    return super.open(path);
  }

  override async remove(path: string): Promise<void> {
    this.touched.push(path);
    return super.remove(path);
  }
}

/** The same files where nothing can be listed or written, as on a web server. */
function registerPlain(storage: MemoryStorage): void {
  const scheme = 'hostile-plain';
  const plain = {
    scheme,
    open: (path: string) => storage.open(path),
    kind: (path: string) => storage.kind(path),
    join: (directory: string, name: string) => storage.join(directory, name),
    split: (path: string) => storage.split(path),
    uri: (path: string) => `${scheme}:${path}`,
  };
  registerStorage({ storage: plain, parse: memoryScheme(storage).parse });
}

const URI = 'hostile-collection:c';

/**
 * Reads a collection in every way there is, and writes to it. Allowed are errors of ours; where the verification finds nothing
 * wrong, answers that agree with each other; and where only bytes were damaged, what was written and nothing else.
 *
 * @param truth the entries that were written; undefined for files that were forged.
 * @throws {Finding} for anything else.
 */
export async function readHostileCollection(
  files: ReadonlyMap<string, Uint8Array>,
  seed: number,
  truth: Entries | undefined,
): Promise<Reading> {
  const storage = new WatchedStorage(() => 0);
  registerStorage({ storage, parse: memoryScheme(storage).parse });
  registerPlain(storage);
  await storage.makeDirectory('c/data');
  await storage.makeDirectory('c/versions');
  for (const [path, bytes] of files) await storage.replace(`c/${path}`, bytes);
  const reading = new HostileCollectionReading(truth);
  await reading.verify();
  await reading.read(URI, WAYS[seed % WAYS.length]);
  await reading.read('hostile-plain:c', WAYS[(seed + 1) % WAYS.length]);
  await reading.others();
  await reading.write();
  const outside = storage.touched.filter(
    (path) =>
      !/^(c|copy)(\/MANIFEST\.json|\/COLLECTION\.json|\/LATEST|\/versions\/[\w.-]+|\/data\/[^/\\]+\.cairn)?$/.test(
        path,
      ) && !/^store\//.test(path),
  );
  if (outside.length > 0) throw new Finding(`touched ${JSON.stringify(outside)}`);
  return reading;
}

class HostileCollectionReading implements Reading {
  verified = false;
  readonly refusals = new Map<string, number>();
  readonly #truth: Entries | undefined;
  /** What the newest version answered first. */
  #entries: Entries | undefined;

  constructor(truth: Entries | undefined) {
    this.#truth = truth;
    this.#entries = truth;
  }

  async verify(): Promise<void> {
    const report = await this.#try('verifyCollection()', () => verifyCollection(URI), false);
    this.verified = report?.ok === true;
    if (report === undefined) return;
    if (report.ok !== (report.problems.length === 0))
      throw new Finding('ok and problems of a verification disagree');
    for (const { message } of report.problems) checkMessage('verifyCollection()', message);
  }

  async read(uri: string, way: OpenCollectionOptions): Promise<void> {
    const open = (): PromiseLike<Collection<unknown, unknown>> =>
      openCollection<unknown, unknown>(uri, { readOnly: true, ...way });
    const collection = await this.#try(`openCollection(${uri}, ${JSON.stringify(way)})`, open, true, [
      // A codec of the writer's own has to be given.
      'INVALID_ARGUMENT',
    ]);
    if (collection === undefined) return;
    try {
      const { info } = collection;
      this.#entries = await this.#readVersion(collection, info, this.#entries);
      await this.#history(collection, info);
    } finally {
      await collection.close();
    }
  }

  /** Every way to ask for what a version holds; returns what the first of them answered. */
  async #readVersion(
    reader: Raw,
    { storedEntries }: Pick<CollectionInfo, 'storedEntries'>,
    expected: Entries | undefined,
  ): Promise<Entries | undefined> {
    const most = (list: [unknown, unknown][]): [unknown, unknown][] => {
      if (list.length > storedEntries)
        throw new Finding(`${list.length} entries of ${storedEntries} that are stored`);
      return list;
    };
    const isListed = 'hostile-plain:c' !== reader.uri;
    const lists = [
      await this.#try('entries()', async () => {
        const list: [unknown, unknown][] = [];
        for await (const entry of reader.entries()) list.push(entry);
        return most(list);
      }),
      await this.#try('entries({ reverse })', async () => {
        const list: [unknown, unknown][] = [];
        for await (const entry of reader.entries({ reverse: true })) list.push(entry);
        return most(list).reverse();
      }),
      isListed ? await this.#try('entriesSync()', () => most([...reader.entriesSync()])) : undefined,
      await this.#try('forEach()', async () => {
        const list: [unknown, unknown][] = [];
        // What is lent for the call is copied.
        await reader.forEach((key, value) => {
          list.push([owned(key), owned(value)]);
        });
        return most(list);
      }),
    ];
    const entries = expected ?? lists.find((list) => list !== undefined);
    for (const [i, list] of lists.entries())
      if (list !== undefined) this.#compare(`scan ${i}`, list, entries);
    if (entries === undefined) return undefined;
    await this.#ask('count()', () => reader.count(), entries.length);
    const step = Math.max(1, Math.floor(entries.length / MAX_KEYS));
    for (let i = 0; i < entries.length; i += step) {
      const [key, value] = entries[i];
      await this.#ask('get()', () => reader.get(key), value);
      await this.#ask('has()', () => reader.has(key), true);
      await this.#ask('floor()', () => reader.floor(key), entries[i]);
      await this.#ask('ceiling()', () => reader.ceiling(key), entries[i]);
      await this.#ask('count({ gt })', () => reader.count({ gt: key }), entries.length - i - 1);
      if (isListed) await this.#ask('getSync()', () => reader.getSync(key), value);
    }
    await this.#ask('first()', () => reader.first(), entries[0]);
    await this.#ask('last()', () => reader.last(), entries.at(-1));
    for (const key of absentKeys(entries))
      await this.#ask('get() of no key', () => reader.get(key), undefined);
    return entries;
  }

  /** Versions that are kept, and what differs between the oldest and the newest of them. */
  async #history(collection: Collection<unknown, unknown>, { oldestVersion }: CollectionInfo): Promise<void> {
    const versions = await this.#try('versions()', async () => {
      const list: number[] = [];
      for await (const { version } of collection.versions()) {
        list.push(version);
        if (list.length > 1000) throw new Finding('more than 1000 versions');
      }
      return list;
    });
    if (versions === undefined || versions.length === 0 || oldestVersion === 0) return;
    const oldest = versions.at(-1) as number;
    const before = await this.#try('snapshot()', async () => {
      await using snapshot = await collection.snapshot(oldest);
      const list: [unknown, unknown][] = [];
      for await (const entry of snapshot.entries()) list.push(entry);
      return list;
    });
    const differences = await this.#try('diff()', async () => {
      const list: unknown[] = [];
      for await (const difference of collection.diff(oldest)) list.push(difference);
      return list;
    });
    if (before === undefined || differences === undefined || this.#entries === undefined) return;
    const [older, newer] = [before, this.#entries].map(
      (entries) => new Map(entries.map(([k, v]) => [show(k), show(v)])),
    );
    const changed = [...new Set([...older.keys(), ...newer.keys()])].filter(
      (key) => older.get(key) !== newer.get(key),
    );
    // A codec may write two values that are shown alike by different bytes. Forged versions may have the same generations
    // in another order, which a comparison of them passes over.
    if (this.#truth !== undefined && differences.length < changed.length)
      throw new Finding(`${differences.length} differences between versions, not ${changed.length}`);
  }

  /** What reads files besides a handle. */
  async others(): Promise<void> {
    await this.#try('collectionInfo()', () => collectionInfo(URI));
    await this.#try('openStore()', () => openStore(URI), false, ['INVALID_ARGUMENT']);
    const copied = await this.#try('copyCollection()', () => copyCollection(URI, 'hostile-collection:copy'));
    if (copied === undefined) return;
    const report = await verifyCollection('hostile-collection:copy');
    if (this.#isHeld && !report.ok)
      throw new Finding(`copyCollection() made one that is damaged: ${report.problems[0].message}`);
    if (this.#isHeld) await this.#isCopied('hostile-collection:copy');
  }

  async #isCopied(uri: string): Promise<void> {
    const copy = await this.#try(
      'openCollection() of a copy',
      () => openCollection<unknown, unknown>(uri, { readOnly: true }),
      true,
      ['INVALID_ARGUMENT'],
    );
    if (copy === undefined) return;
    const list = await this.#try('entries() of a copy', async () => {
      const entries: [unknown, unknown][] = [];
      for await (const entry of copy.entries()) entries.push(entry);
      return entries;
    });
    await copy.close();
    if (list !== undefined) this.#compare('a copy', list, this.#entries);
  }

  /** Commits, compacts, goes back and sweeps. */
  async write(): Promise<void> {
    const options: OpenCollectionOptions = { create: false, autoCompact: false };
    const open = (): PromiseLike<Collection<unknown, unknown>> =>
      openCollection<unknown, unknown>(URI, options);
    const collection = await this.#try('openCollection() for writing', open, true, ['INVALID_ARGUMENT']);
    if (collection === undefined) return;
    try {
      const [first] = this.#entries ?? [];
      const rest = this.#entries?.slice(1);
      if (first !== undefined) {
        await this.#try('delete()', () => collection.delete(first[0]));
        await this.#after('delete()', collection, rest);
        await this.#try('commit()', () =>
          collection.commit(async (tx) => {
            await tx.get(first[0]);
            for await (const _entry of tx.entries({ limit: 3 }));
            await tx.set(first[0], first[1]);
          }),
        );
        await this.#after('commit()', collection, this.#entries);
      }
      await this.#try('compact()', () => collection.compact({ full: true, keepVersions: 2 }));
      await this.#after('compact()', collection, this.#entries);
      const { version, oldestVersion } = collection.info;
      if (oldestVersion > 0 && oldestVersion < version)
        await this.#try('revertTo()', () => collection.revertTo(oldestVersion), true, ['NOT_FOUND']);
      await this.#try('deleteRange()', () => collection.commit((tx) => tx.deleteRange()));
      await this.#after('deleteRange()', collection, []);
    } finally {
      await collection.close();
    }
    await this.#try('sweepCollection()', () => sweepCollection(URI, { olderThanMs: 0 }));
    const report = await this.#try('verifyCollection() again', () => verifyCollection(URI));
    if (this.verified && report?.ok === false)
      throw new Finding(`commits have made it one that is damaged: ${report.problems[0].message}`);
  }

  async #after(what: string, collection: Raw, expected: Entries | undefined): Promise<void> {
    const list = await this.#try(`entries() after ${what}`, async () => {
      const entries: [unknown, unknown][] = [];
      for await (const entry of collection.entries()) entries.push(entry);
      return entries;
    });
    // A step that was refused has changed nothing.
    if (list !== undefined && this.verified) this.#compare(`entries() after ${what}`, list, expected);
  }

  /** Whether answers are held against each other. */
  get #isHeld(): boolean {
    return this.verified || this.#truth !== undefined;
  }

  async #ask(what: string, question: () => unknown, expected: unknown): Promise<void> {
    const answered = await this.#try(what, async () => [await question()]);
    if (answered !== undefined) this.#compare(what, answered[0], expected);
  }

  #compare(what: string, answer: unknown, expected: unknown): void {
    if (!this.#isHeld) return;
    const [found, wanted] = [show(answer), show(expected)];
    if (found === wanted) return;
    const why = this.#truth === undefined ? 'the verification found nothing' : 'bytes were damaged';
    throw new Finding(`${why}, and ${what} answers ${found.slice(0, 200)}, not ${wanted.slice(0, 200)}`);
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
      // Whose version files do not follow each other: whether a commit is one of them can't be told.
      const isUnanswered = !this.verified && isCairnError(error, 'IO') && error.unanswered === true;
      if (!isCairnError(error) || !(isUnanswered || [...REFUSALS, ...more].includes(error.code)))
        throw new Finding(`${what} threw ${String(error)}`, { cause: error });
      checkMessage(what, error.message);
      this.refusals.set(error.code, (this.refusals.get(error.code) ?? 0) + 1);
      const isOfMeaning =
        (isCairnError(error, 'CORRUPTION') && error.section === 'entry') || more.includes(error.code);
      if (whenDamaged && this.verified && !isOfMeaning)
        throw new Finding(`the verification found nothing, and ${what} threw ${error.message}`, {
          cause: error,
        });
      return undefined;
    }
  }
}

function checkMessage(what: string, message: string): void {
  if (message.length > MAX_MESSAGE)
    throw new Finding(`${what} has a message of ${message.length} characters: ${message.slice(0, 100)}`);
}

/** Keys beside those that are there. */
function absentKeys(entries: Entries): unknown[] {
  const first = entries[0]?.[0];
  if (typeof first === 'string' && /^[0-9a-f-]{36}$/.test(first))
    return ['77777777-7777-7777-7777-777777777777'];
  if (typeof first === 'string') return ['absent', 'key-0000 ', '\u{10ffff}'];
  if (typeof first === 'number') return [0.123, -77];
  if (typeof first === 'bigint') return [123_456_789n];
  return [];
}

function owned(value: unknown): unknown {
  return value instanceof Uint8Array ? value.slice() : value;
}

/** Text that is the same for the same values. */
function show(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return `${each}n`;
    if (typeof each === 'number' && !Number.isFinite(each)) return `${each}`;
    if (Object.is(each, -0)) return '-0';
    if (each instanceof Uint8Array) return `bytes ${Buffer.from(each).toString('hex')}`;
    return each;
  });
  return text ?? String(value);
}
