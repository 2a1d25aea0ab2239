import { afterAll, expect, it } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import { type Namespaces, openNamespaces } from '../../src/node/namespace.ts';
import { allOf } from '../support/all-of.ts';
import { filePlace, s3Place, schemePlace } from '../support/places.ts';
import { startServer } from '../support/s3-place.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const NAMES = ['a', 'a.b', 'a.b.c', 'z'];
const KEYS = ['k', 'K', 'k.1', 'k-2', 'temp_1', 'temp_2'];
const VALUES = ['text', '', 1, 0.5, true, null, { deep: [1, { er: 'x' }] }, 'P5D'];
const KEEP = 3;

/** A revision in the model. */
interface Revision {
  readonly revision: number;
  readonly value: unknown;
  readonly setMs: number;
  readonly expiresMs: number;
}

/** A key in the model: its kept revisions, the oldest first. */
interface ModelKey {
  revisions: Revision[];
  createdMs: number;
  isDeleted: boolean;
}

/** What namespaces are to do, in plain maps. */
class Model {
  readonly namespaces = new Map<string, Map<string, ModelKey>>();

  newest(name: string, key: string): Revision | undefined {
    const found = this.namespaces.get(name)?.get(key);
    return found === undefined || found.isDeleted ? undefined : found.revisions.at(-1);
  }

  live(name: string, key: string, nowMs: number): Revision | undefined {
    const newest = this.newest(name, key);
    return newest !== undefined && nowMs < newest.expiresMs ? newest : undefined;
  }

  keys(name: string, nowMs: number): string[] {
    const keys = [...(this.namespaces.get(name)?.keys() ?? [])];
    return keys.filter((key) => this.live(name, key, nowMs) !== undefined).sort();
  }

  set(name: string, key: string, value: unknown, nowMs: number, expiresMs: number): number {
    const isNew = this.live(name, key, nowMs) === undefined;
    const namespace = this.namespaces.get(name) ?? new Map<string, ModelKey>();
    this.namespaces.set(name, namespace);
    const before = namespace.get(key);
    const revision = (before?.revisions.at(-1)?.revision ?? 0) + 1;
    namespace.set(key, {
      revisions: [...(before?.revisions ?? []), { revision, value, setMs: nowMs, expiresMs }].slice(-KEEP),
      createdMs: isNew ? nowMs : (before as ModelKey).createdMs,
      isDeleted: false,
    });
    return revision;
  }

  delete(name: string, key: string, nowMs: number): boolean {
    if (this.live(name, key, nowMs) === undefined) return false;
    (this.namespaces.get(name)?.get(key) as ModelKey).isDeleted = true;
    return true;
  }

  purgeKeys(name: string, nowMs: number, expiredOnly: boolean, matches: (key: string) => boolean): number {
    const namespace = this.namespaces.get(name);
    let size = 0;
    for (const key of [...(namespace?.keys() ?? [])]) {
      if (!matches(key) || (expiredOnly && this.live(name, key, nowMs) !== undefined)) continue;
      namespace?.delete(key);
      size++;
    }
    return size;
  }

  purgeRevisions(name: string, goes: (revision: Revision, fromNewest: number) => boolean): number {
    let size = 0;
    for (const key of this.namespaces.get(name)?.values() ?? []) {
      const { revisions } = key;
      const stays = revisions.filter(
        (one, i) => i === revisions.length - 1 || !goes(one, revisions.length - 1 - i),
      );
      size += revisions.length - stays.length;
      key.revisions = stays;
    }
    return size;
  }
}

/** Does random things to namespaces and to the model, and compares the answers. */
class Life {
  readonly #random: SeededRandom;
  readonly #root: string;
  readonly #model = new Model();
  #nowMs = 1_700_000_000_000;
  #namespaces: Namespaces | undefined;

  constructor(root: string, random: SeededRandom) {
    this.#root = root;
    this.#random = random;
  }

  async live(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) await this.#step();
    await this.#compareAll();
    await this.#namespaces?.close();
  }

  async #step(): Promise<void> {
    this.#namespaces ??= await openNamespaces(this.#root, { clock: () => this.#nowMs, keepVersions: KEEP });
    this.#nowMs += this.#random.below(20);
    const name = this.#pick(NAMES);
    const key = this.#pick(KEYS);
    const ns = this.#namespaces.namespace(name);
    const model = this.#model;
    const nowMs = this.#nowMs;
    switch (this.#random.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#set(name, key);
      case 4:
        return this.#setTogether(name);
      case 5:
        return same(await ns.delete(key), model.delete(name, key, nowMs));
      case 6: {
        const expected = KEYS.filter((one) => model.delete(name, one, nowMs));
        return same(await ns.deleteMany(KEYS), expected);
      }
      case 7: {
        const expiredOnly = this.#random.below(4) > 0;
        const { size } = await ns.purge({ expiredOnly, keyPattern: 'temp_*' });
        return same(
          size,
          model.purgeKeys(name, nowMs, expiredOnly, (one) => one.startsWith('temp_')),
        );
      }
      case 8: {
        const keepVersions = 1 + this.#random.below(3);
        const { size } = await ns.purge({ keepVersions });
        return same(
          size,
          model.purgeRevisions(name, (_, fromNewest) => fromNewest >= keepVersions),
        );
      }
      case 9: {
        const beforeMs = nowMs - this.#random.below(100);
        const { size } = await ns.purge({ before: new Date(beforeMs) });
        return same(
          size,
          model.purgeRevisions(name, ({ setMs }) => setMs < beforeMs),
        );
      }
      case 10:
        if (this.#random.below(6) === 0) {
          same(await this.#namespaces.delete(name), model.namespaces.delete(name));
        } else {
          await this.#namespaces.close();
          this.#namespaces = undefined;
        }
        return;
      default:
        return this.#compareAll();
    }
  }

  async #set(name: string, key: string): Promise<void> {
    const nowMs = this.#nowMs;
    const value = this.#pick(VALUES);
    const ttl = this.#random.below(2) === 0 ? undefined : this.#random.below(150);
    const overwrite = this.#random.below(3) > 0;
    const isThere = this.#model.live(name, key, nowMs) !== undefined;
    const setting = this.#namespaces?.namespace(name).set(key, value, { ttl, overwrite });
    if (isThere && !overwrite) {
      const error = await setting?.then(() => undefined).catch((reason: unknown) => reason);
      return same(isCairnError(error, 'ALREADY_EXISTS'), true);
    }
    const revision = this.#model.set(name, key, value, nowMs, nowMs + (ttl ?? Number.POSITIVE_INFINITY));
    same(await setting, { revision });
  }

  async #setTogether(name: string): Promise<void> {
    const nowMs = this.#nowMs;
    const chosen = Array.from({ length: 4 }, () => ({ key: this.#pick(KEYS), value: this.#pick(VALUES) }));
    const setting = Promise.all(
      chosen.map(({ key, value }) => this.#namespaces?.namespace(name).set(key, value)),
    );
    const expected = chosen.map(({ key, value }) => ({
      revision: this.#model.set(name, key, value, nowMs, Number.POSITIVE_INFINITY),
    }));
    same(await setting, expected);
  }

  async #compareAll(): Promise<void> {
    const namespaces = this.#namespaces;
    const model = this.#model;
    const nowMs = this.#nowMs;
    if (namespaces === undefined) return;
    same(await namespaces.list(), [...model.namespaces.keys()].sort());
    for (const name of NAMES) {
      const ns = namespaces.namespace(name);
      same(await ns.keys(), model.keys(name, nowMs));
      const listed = await allOf(ns.list({ includeExpired: true }));
      same(
        listed.map(({ key, revision, isExpired, creationDate }) => [
          key,
          revision,
          isExpired === true,
          creationDate.epochMilliseconds,
        ]),
        [...KEYS].sort().flatMap((key) => {
          const newest = model.newest(name, key);
          if (newest === undefined) return [];
          const createdMs = model.namespaces.get(name)?.get(key)?.createdMs;
          return [[key, newest.revision, nowMs >= newest.expiresMs, createdMs]];
        }),
      );
      for (const key of KEYS) {
        same(await ns.get(key), model.live(name, key, nowMs)?.value);
        same(
          (await ns.history(key)).map(({ revision, value }) => [revision, value]),
          [...(model.namespaces.get(name)?.get(key)?.revisions ?? [])]
            .reverse()
            .map(({ revision, value }) => [revision, value]),
        );
      }
    }
    for (const key of KEYS) {
      const found = await namespaces.resolve('a.b.c', key);
      const namespace = ['a.b.c', 'a.b', 'a'].find((name) => model.live(name, key, nowMs) !== undefined);
      same(found?.namespace, namespace);
    }
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random.below(list.length)];
  }
}

/** By JSON: what differs is small. */
function same(found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`found ${a}, expected ${b}`);
}

const SEED = Number(process.env.CAIRNKV_MODEL_SEED ?? 1);

for (const { place, runs, steps } of [
  { place: schemePlace('memory:'), runs: 8, steps: 150 },
  { place: filePlace(), runs: 2, steps: 80 },
  { place: s3Place('s3:', startServer), runs: 1, steps: 40 },
]) {
  afterAll(() => place.cleanUp());

  it(`whatever is done to namespaces in ${place.name}, in any order, is what a plain model says`, {
    timeout: 60_000,
  }, async () => {
    for (let run = 0; run < runs; run++) {
      const seed = SEED + run;
      try {
        await new Life(`${await place.root()}/kv`, new SeededRandom(seed)).live(steps);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
    expect(runs).toBeGreaterThan(0);
  });
}
