import { expect } from 'vitest';
import {
  type Change,
  type Collection,
  collectionInfo,
  openCollection,
  type Snapshot,
  sweepCollection,
  verifyCollection,
} from '../../src/collection/index.ts';
import { isCairnError } from '../../src/errors.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Range } from '../../src/store/read/range.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

type Contents = ReadonlyMap<string, string>;

interface Handle {
  readonly collection: Collection<string, string>;
  version: number;
}

/**
 * A collection, what a plain model says that each of its versions holds, and a few handles and snapshots. A step does
 * something at random, or asks something; every answer must be the model's.
 */
export class CollectionLife {
  steps = 0;
  readonly #random: SeededRandom;
  readonly #uri: string;
  readonly #autoCompact: boolean;
  /** By version: what it holds. Compactions are versions, too. */
  readonly #versions = new Map<number, Contents>([[0, new Map()]]);
  readonly #handles: Handle[] = [];
  readonly #snapshots: { readonly snapshot: Snapshot<string, string>; readonly contents: Contents }[] = [];
  #newest = 0;

  constructor(uri: string, random: SeededRandom) {
    this.#uri = uri;
    this.#random = random;
    this.#autoCompact = random.oneIn(2);
  }

  async live(steps: number): Promise<void> {
    await this.#open();
    for (let i = 0; i < steps; i++) {
      await this.#step();
      this.steps++;
    }
    await this.#end();
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const handle = random.pick(this.#handles);
    const dice = random.below(100);
    if (dice < 12) await this.#commitOf(handle, () => handle.collection.set(...this.#change(this.#next())));
    else if (dice < 18) await this.#delete(handle);
    else if (dice < 34) await this.#commitList(handle);
    else if (dice < 44) await this.#transact(handle);
    else if (dice < 48) await this.#race();
    else if (dice < 51) await this.#replace(handle);
    else if (dice < 54) await this.#ifVersion(handle);
    else if (dice < 58) await this.#revert(handle);
    else if (dice < 63) await this.#compact(handle);
    else if (dice < 69) await this.#refresh(handle);
    else if (dice < 73) await this.#openSnapshot(handle);
    else if (dice < 76) await this.#reopen(handle);
    else if (dice < 80) await this.#diff(handle);
    else if (dice < 82) await this.#maintain(handle);
    else await this.#ask(handle);
    await this.#settle();
  }

  /** Compactions in the background make versions of their own, with the contents of those before them. */
  async #settle(): Promise<void> {
    const stands = this.#handles.map((handle) => ({ handle, at: handle.collection.version }));
    await this.#settleNewest();
    for (const { handle, at } of stands) {
      // A handle goes on by itself only where the contents stay.
      expect(this.#isSame(at, handle.version)).toBe(true);
      handle.version = at;
    }
  }

  /** Whether two versions are of the same commit. */
  #isSame(one: number, other: number): boolean {
    return this.#versions.get(one) === this.#versions.get(other);
  }

  #key(): string {
    return `k${String(this.#random.below(400)).padStart(3, '0')}`;
  }

  #value(): string {
    const length = this.#random.oneIn(8) ? this.#random.below(3000) : this.#random.below(20);
    return String(this.#random.next())
      .repeat(Math.ceil(length / 8))
      .slice(0, length);
  }

  /** A copy of the newest contents, to be changed. */
  #next(): Map<string, string> {
    return new Map(this.#versions.get(this.#newest));
  }

  #pending: Map<string, string> | undefined;

  #change(next: Map<string, string>): [string, string] {
    const entry: [string, string] = [this.#key(), this.#value()];
    next.set(...entry);
    this.#pending = next;
    return entry;
  }

  /** Runs a commit whose outcome is the pending contents. */
  async #commitOf(handle: Handle, commit: () => Promise<{ readonly version: number }>): Promise<void> {
    const before = this.#newest;
    const { version } = await commit();
    const next = this.#pending as Map<string, string>;
    this.#pending = undefined;
    // Compactions may have come between.
    const contents = this.#versions.get(before) as Contents;
    for (let number = before + 1; number < version; number++) this.#versions.set(number, contents);
    this.#versions.set(version, next);
    this.#newest = version;
    handle.version = version;
    expect(handle.collection.version).toBeGreaterThanOrEqual(version);
  }

  async #delete(handle: Handle): Promise<void> {
    const next = this.#next();
    const key = this.#key();
    next.delete(key);
    this.#pending = next;
    await this.#commitOf(handle, () => handle.collection.delete(key));
  }

  #changes(next: Map<string, string>): Change<string, string>[] {
    const count = 1 + this.#random.below(this.#random.oneIn(4) ? 300 : 12);
    return Array.from({ length: count }, (): Change<string, string> => {
      if (this.#random.oneIn(4)) {
        const key = this.#key();
        next.delete(key);
        return { delete: key };
      }
      const set: [string, string] = [this.#key(), this.#value()];
      next.set(...set);
      return { set };
    });
  }

  async #commitList(handle: Handle): Promise<void> {
    const next = this.#next();
    const changes = this.#changes(next);
    this.#pending = next;
    await this.#commitOf(handle, () => handle.collection.commit(changes));
  }

  async #transact(handle: Handle): Promise<void> {
    const range = this.#range();
    const changes = 1 + this.#random.below(4);
    const plan = Array.from({ length: changes }, () => this.#random.below(5));
    await this.#commitOf(handle, () =>
      handle.collection.commit(async (tx) => {
        const next = this.#next();
        this.#pending = next;
        for (const what of plan) {
          const key = this.#key();
          if (what === 0) {
            tx.deleteRange({ ...range, limit: undefined });
            for (const name of keysIn(next, range)) next.delete(name);
          } else if (what === 1) {
            await tx.delete(key);
            next.delete(key);
          } else {
            const value = this.#value();
            await tx.set(key, value);
            next.set(key, value);
          }
          same(await tx.get(key), next.get(key));
        }
        const seen: [string, string][] = [];
        for await (const entry of tx.entries(range)) seen.push(entry);
        same(seen, entriesIn(next, range));
        // Something is always changed, so that there is a version.
        const entry: [string, string] = [this.#key(), this.#value()];
        await tx.set(...entry);
        next.set(...entry);
      }),
    );
  }

  /** Handles add one to a number at once: none is lost. */
  async #race(): Promise<void> {
    const key = 'number';
    const before = Number(this.#next().get(key) ?? 0);
    const commits = await Promise.all(
      this.#handles.map(({ collection }) =>
        collection.commit(async (tx) => {
          tx.set(key, String(Number((await tx.get(key)) ?? 0) + 1));
        }),
      ),
    );
    const versions = commits.map(({ version }) => version).sort((a, b) => a - b);
    expect(new Set(versions).size).toBe(versions.length);
    let contents = this.#next();
    for (let number = this.#newest + 1, count = before; number <= (versions.at(-1) as number); number++) {
      if (versions.includes(number)) contents = new Map(contents).set(key, String(++count));
      this.#versions.set(number, contents);
    }
    this.#newest = versions.at(-1) as number;
    for (const [i, handle] of this.#handles.entries()) handle.version = commits[i].version;
  }

  async #replace(handle: Handle): Promise<void> {
    const next = new Map<string, string>();
    const changes = this.#changes(next);
    this.#pending = next;
    await this.#commitOf(handle, () => handle.collection.commit(changes, { replace: true }));
  }

  async #ifVersion(handle: Handle): Promise<void> {
    const next = this.#next();
    const changes = this.#changes(next);
    const ifVersion = this.#random.oneIn(2) ? this.#newest : this.#random.below(this.#newest + 2);
    const isNewest =
      ifVersion <= this.#newest && this.#versions.get(ifVersion) === this.#versions.get(this.#newest);
    if (isNewest) {
      this.#pending = next;
      await this.#commitOf(handle, () => handle.collection.commit(changes, { ifVersion }));
      return;
    }
    await expect(handle.collection.commit(changes, { ifVersion })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  }

  async #revert(handle: Handle): Promise<void> {
    const { oldestVersion } = await collectionInfo(this.#uri);
    const version = this.#random.below(this.#newest + 2);
    if (version < Math.max(1, oldestVersion) || version > this.#newest) {
      await expect(handle.collection.revertTo(version)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      return;
    }
    this.#pending = new Map(this.#versions.get(version));
    try {
      await this.#commitOf(handle, () => handle.collection.revertTo(version));
    } catch (error) {
      // A compaction in the background was first.
      if (!this.#autoCompact || !isCairnError(error, 'NOT_FOUND')) throw error;
    }
  }

  async #compact(handle: Handle): Promise<void> {
    const full = this.#random.oneIn(2);
    const keepVersions = 1 + this.#random.below(3);
    const { version, after } = await handle.collection.compact({ full, keepVersions });
    if (full) expect(after).toBeLessThanOrEqual(1);
    await this.#settleNewest();
    handle.version = handle.collection.version;
    expect(version).toBeLessThanOrEqual(this.#newest);
    const kept: number[] = [];
    for await (const one of handle.collection.versions()) kept.push(one.version);
    expect(kept[0] ?? 0).toBe(this.#newest);
    expect(this.#isSame(handle.version, this.#newest)).toBe(true);
  }

  async #refresh(handle: Handle): Promise<void> {
    const version = await handle.collection.refresh();
    await this.#settleNewest();
    expect(this.#isSame(version, this.#newest)).toBe(true);
    handle.version = handle.collection.version;
  }

  async #settleNewest(): Promise<void> {
    const { version } = await collectionInfo(this.#uri);
    const contents = this.#versions.get(this.#newest) as Contents;
    for (let number = this.#newest + 1; number <= version; number++) this.#versions.set(number, contents);
    this.#newest = version;
  }

  async #openSnapshot(handle: Handle): Promise<void> {
    if (this.#snapshots.length >= 4) {
      const [{ snapshot, contents }] = this.#snapshots.splice(this.#random.below(4), 1);
      same(await entriesOf(snapshot), entriesIn(contents, {}));
      await snapshot.close();
    }
    const version = this.#random.oneIn(2) ? undefined : this.#random.below(this.#newest + 2);
    try {
      const snapshot = await handle.collection.snapshot(version);
      await this.#settleNewest();
      const contents = this.#versions.get(snapshot.version) as Contents;
      if (version !== undefined) expect(snapshot.version).toBe(version);
      this.#snapshots.push({ snapshot, contents });
    } catch (error) {
      if (!isCairnError(error, 'NOT_FOUND') || version === undefined) throw error;
    }
  }

  async #reopen(handle: Handle): Promise<void> {
    await handle.collection.close();
    this.#handles.splice(this.#handles.indexOf(handle), 1);
    await this.#open();
  }

  async #open(): Promise<void> {
    while (this.#handles.length < 3) {
      const options = { valueEncoding: 'utf8' as const, autoCompact: this.#autoCompact, keepVersions: 2 };
      const collection = await openCollection<string, string>(this.#uri, options);
      await this.#settleNewest();
      const handle: Handle = { collection, version: collection.version };
      expect(this.#isSame(handle.version, this.#newest)).toBe(true);
      this.#handles.push(handle);
    }
  }

  async #diff(handle: Handle): Promise<void> {
    const kept: number[] = [0];
    for await (const { version } of handle.collection.versions()) kept.push(version);
    const [from, to] = [this.#random.pick(kept), this.#random.pick(kept)];
    const range = this.#range();
    const found: unknown[] = [];
    try {
      for await (const difference of handle.collection.diff(from, to, range)) found.push(difference);
    } catch (error) {
      if (this.#autoCompact && isCairnError(error, 'NOT_FOUND')) return;
      throw error;
    }
    await this.#settleNewest();
    const [before, after] = [this.#versions.get(from) as Contents, this.#versions.get(to) as Contents];
    const keys = [...new Set([...before.keys(), ...after.keys()])];
    const expected = entriesIn(new Map(keys.map((key) => [key, ''])), { ...range, limit: undefined })
      .map(([key]) => ({
        key,
        ...(before.has(key) ? { before: before.get(key) } : {}),
        ...(after.has(key) ? { after: after.get(key) } : {}),
      }))
      .filter((difference) => difference.before !== difference.after)
      .slice(0, range.limit ?? Number.POSITIVE_INFINITY);
    same(found, expected);
  }

  async #maintain(handle: Handle): Promise<void> {
    expect(await verifyCollection(this.#uri)).toMatchObject({ ok: true, problems: [] });
    // A compaction in the background has files that no version names yet.
    if (!this.#autoCompact) expect(await sweepCollection(this.#uri, { olderThanMs: 0 })).toEqual([]);
    const uri = `${this.#uri}-store-${this.steps}`;
    await handle.collection.toStore(uri);
    const contents = this.#versions.get(handle.version) as Contents;
    await using store = await openStore<string, string>(uri);
    same(await store.getMany([...contents.keys()]), [...contents.values()]);
    expect(store.info.count).toBe(contents.size);
  }

  #range(): Range<string> {
    const random = this.#random;
    const range: { -readonly [N in keyof Range<string>]: Range<string>[N] } = {};
    if (random.oneIn(2)) range[random.pick(['gt', 'gte'] as const)] = this.#key();
    if (random.oneIn(2)) range[random.pick(['lt', 'lte'] as const)] = this.#key();
    if (random.oneIn(5)) range.prefix = this.#key().slice(0, 1 + random.below(4));
    if (random.oneIn(2)) range.reverse = true;
    if (random.oneIn(3)) range.limit = random.below(40);
    return range;
  }

  async #ask(handle: Handle): Promise<void> {
    const { collection } = handle;
    const contents = this.#versions.get(handle.version) as Contents;
    const key = this.#key();
    same(await collection.get(key), contents.get(key));
    expect(await collection.has(key)).toBe(contents.has(key));
    const range = this.#range();
    const expected = entriesIn(contents, range);
    same(await entriesOf(collection, range), expected);
    expect(await collection.count(range)).toBe(expected.length);
    const visited: [string, string][] = [];
    await collection.forEach((name, value) => {
      visited.push([name, value]);
    }, range);
    same(visited, expected);
    same(await collection.floor(key), entriesIn(contents, { lte: key }).at(-1));
    same(await collection.ceiling(key), entriesIn(contents, { gte: key })[0]);
    same(await collection.first(), entriesIn(contents, {})[0]);
    same(await collection.last(), entriesIn(contents, {}).at(-1));
  }

  async #end(): Promise<void> {
    for (const { snapshot, contents } of this.#snapshots) {
      same(await entriesOf(snapshot), entriesIn(contents, {}));
      await snapshot.close();
    }
    for (const { collection } of this.#handles) await collection.close();
    expect(await verifyCollection(this.#uri)).toMatchObject({ ok: true, problems: [] });
    expect(await sweepCollection(this.#uri, { olderThanMs: 0 })).toEqual([]);
  }
}

async function entriesOf(
  reader: { entries(range?: Range<string>): AsyncIterable<[string, string]> },
  range?: Range<string>,
): Promise<[string, string][]> {
  const entries: [string, string][] = [];
  for await (const entry of reader.entries(range)) entries.push(entry);
  return entries;
}

/** Compares answers. The runner's own comparison of long lists of long texts takes minutes to say how they differ. */
function same(actual: unknown, expected: unknown): void {
  const [found, wanted] = [JSON.stringify(actual) ?? '', JSON.stringify(expected) ?? ''];
  if (found === wanted) return;
  let at = 0;
  while (found[at] === wanted[at]) at++;
  const from = Math.max(0, at - 60);
  throw new Error(`answered …${found.slice(from, at + 60)}…, not …${wanted.slice(from, at + 60)}…`);
}

function keysIn(contents: Contents, range: Range<string>): string[] {
  return entriesIn(contents, { ...range, limit: undefined, reverse: false }).map(([key]) => key);
}

/** The entries of a range, in its order. Keys are ASCII: JavaScript's order of texts is that of their bytes. */
function entriesIn(
  contents: Contents,
  { gt, gte, lt, lte, prefix, reverse, limit }: Range<string>,
): [string, string][] {
  const entries = [...contents]
    .filter(
      ([key]) =>
        (gt === undefined || key > gt) &&
        (gte === undefined || key >= gte) &&
        (lt === undefined || key < lt) &&
        (lte === undefined || key <= lte) &&
        (prefix === undefined || key.startsWith(prefix)),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (reverse === true) entries.reverse();
  return limit === undefined ? entries : entries.slice(0, limit);
}
