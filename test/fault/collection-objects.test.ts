import { afterEach, describe, expect, it } from 'vitest';
import {
  type Collection,
  collectionInfo,
  openCollection,
  sweepCollection,
  verifyCollection,
} from '../../src/collection/index.ts';
import { isCairnError } from '../../src/errors.ts';
import '../../src/node/register.ts';
import { AzureFake, registerFake } from '../support/azure-fake.ts';
import type { CommitFault } from '../support/commit-cases.ts';
import { seededRandom } from '../support/crash-disk.ts';
import { QuickHost } from '../support/quick-host.ts';
import { registerServer } from '../support/s3-place.ts';
import { S3Server } from '../support/s3-server.ts';

type Numbers = Collection<string, number | string>;

interface Request {
  readonly method: string;
  readonly name: string;
}

/** An object storage of the tests, empty at first. */
interface Objects {
  readonly uri: string;
  names(): readonly string[];
  /** Which requests get which fault from now on. */
  faults(choose?: (request: Request) => CommitFault | undefined): void;
  stop(): Promise<void>;
}

async function s3(): Promise<Objects> {
  const server = await S3Server.start();
  registerServer(server, { partSize: 5 * 2 ** 20 }, new QuickHost());
  return {
    uri: 's3://bucket/c',
    names: () => server.keysIn(),
    faults(choose) {
      server.fault = choose && (({ method, key }) => choose({ method, name: key }));
    },
    stop: () => server.stop(),
  };
}

async function azure(): Promise<Objects> {
  const fake = new AzureFake();
  registerFake(fake, {}, new QuickHost());
  return {
    uri: 'az://container/c',
    names: () => fake.names(),
    faults(choose) {
      fake.fault = choose && (({ method, blob }) => choose({ method, name: blob }));
    },
    stop: async () => undefined,
  };
}

const REFUSED = { status: 403, code: 'Refused' };
const ERROR = { status: 500, code: 'InternalError' };

const isVersion = ({ method, name }: Request): boolean =>
  method === 'PUT' && /-[1-9]\d*\.version$/.test(name);
const isPartition = ({ method, name }: Request): boolean => method !== 'GET' && name.endsWith('.cairn');

/** Values that a version file has no room for. */
const wide = (word: string): { set: [string, string] }[] =>
  Array.from({ length: 30 }, (_, i) => ({ set: [`${word}${i}`, word.repeat(3000)] }));

describe.each([
  ['s3', s3],
  ['azure', azure],
])('on %s', (_, start) => {
  let objects: Objects;
  const open = (autoCompact = false): Promise<Numbers> =>
    openCollection<string, number | string>(objects.uri, { autoCompact });
  const count = (collection: Numbers, key: string): Promise<{ version: number }> =>
    collection.commit(
      async (tx) => {
        tx.set('total', (((await tx.get('total')) as number | undefined) ?? 0) + 1);
        tx.set(key, 1);
      },
      { retries: 1000 },
    );

  afterEach(() => objects.stop());

  async function contentsOf(): Promise<Map<string, number | string>> {
    await using collection = await open();
    const contents = new Map<string, number | string>();
    for await (const [key, value] of collection.entries()) contents.set(key, value);
    return contents;
  }

  /** Nothing is damaged, and after a sweep nothing is there that no version names. */
  async function isWhole(): Promise<void> {
    expect(await verifyCollection(objects.uri)).toMatchObject({ ok: true });
    await sweepCollection(objects.uri, { olderThanMs: 0 });
    expect(await sweepCollection(objects.uri, { olderThanMs: 0 })).toEqual([]);
    expect(await verifyCollection(objects.uri)).toMatchObject({ ok: true });
  }

  it('16 writers that commit at once beside a compaction lose nothing, and double nothing', async () => {
    objects = await start();
    const writers = await Promise.all(Array.from({ length: 16 }, () => open(true)));
    const versions: number[] = [];
    const work = writers.map(async (writer, i) => {
      for (let round = 0; round < 3; round++) {
        if (i % 4 === 0) versions.push((await writer.commit(wide(`w${i}-${round}-`))).version);
        else if (i % 4 === 1) versions.push((await writer.set(`s${i}-${round}`, round)).version);
        else versions.push((await count(writer, `c${i}-${round}`)).version);
        if (i === 3) {
          // Where the others are first again and again, it says so.
          await writer.compact({ full: true }).catch((error: unknown) => {
            if (!isCairnError(error, 'CONFLICT')) throw error;
          });
        }
      }
    });
    await Promise.all(work);
    expect(new Set(versions).size).toBe(48);
    const contents = await contentsOf();
    expect(contents.get('total')).toBe(24);
    const keys = [...contents.keys()];
    expect(keys.filter((key) => key.startsWith('c')).length).toBe(24);
    expect(keys.filter((key) => key.startsWith('s')).length).toBe(12);
    expect(keys.filter((key) => key.startsWith('w')).length).toBe(12 * 30);
    await Promise.all(writers.map((writer) => writer.close()));
    const { version } = await collectionInfo(objects.uri);
    expect(objects.names().filter((name) => /-[1-9]\d*\.version$/.test(name)).length).toBe(version);
    await isWhole();
  });

  it.each<[string, CommitFault[]]>([
    ['lost', ['lose']],
    ['lost three times', ['lose', 'lose', 'lose']],
    ['cut off before it was put', ['drop', 'drop']],
    ['an error', [ERROR]],
    ['all of that', ['drop', ERROR, 'lose', ERROR]],
  ])('a version whose answer is %s is committed once', async (_, given) => {
    objects = await start();
    await using collection = await open();
    for (let i = 1; i <= 3; i++) {
      const faults = [...given];
      objects.faults((request) => (isVersion(request) ? faults.shift() : undefined));
      expect((await count(collection, `c${i}`)).version).toBe(i);
      expect(faults.length).toBeLessThan(given.length);
    }
    objects.faults();
    expect((await contentsOf()).get('total')).toBe(3);
    await isWhole();
  });

  it('a version whose answer is lost, and whose number another writer had, is put again on top', async () => {
    objects = await start();
    await using one = await open();
    await using other = await open();
    await count(one, 'a');
    await other.refresh();
    await count(one, 'b');
    let faults = 1;
    objects.faults((request) => (isVersion(request) && faults-- > 0 ? 'lose' : undefined));
    expect((await other.set('c', 1)).version).toBe(3);
    objects.faults();
    expect(Object.fromEntries(await contentsOf())).toEqual({ a: 1, b: 1, c: 1, total: 2 });
  });

  it.each<[string, CommitFault]>([
    ['loses its answer', 'lose'],
    ['is cut off', 'drop'],
    ['is answered by an error', ERROR],
  ])('a commit with files whose N-th request %s is applied once, for every N', async (_, fault) => {
    for (let nth = 1; ; nth++) {
      await objects?.stop();
      objects = await start();
      await using collection = await open();
      await count(collection, 'a');
      let met = 0;
      objects.faults(() => (++met === nth ? fault : undefined));
      const { version } = await collection.commit(async (tx) => {
        const total = (await tx.get('total')) as number;
        for (const { set } of wide('w')) await tx.set(...set);
        tx.set('total', total + 1);
      });
      objects.faults();
      expect(version, `request ${nth}`).toBe(2);
      const contents = await contentsOf();
      expect([contents.get('total'), contents.size]).toEqual([2, 32]);
      await isWhole();
      if (met < nth) break;
    }
  });

  it('a commit that is refused from its N-th request on is there as a whole or not at all, for every N', async () => {
    for (let nth = 1, done = false; !done; nth++) {
      await objects?.stop();
      objects = await start();
      const collection = await open();
      await count(collection, 'a');
      let met = 0;
      objects.faults(() => (++met >= nth ? REFUSED : undefined));
      const outcome = await collection.commit(wide('w')).catch((error: unknown) => error);
      await collection.close();
      objects.faults();
      done = met < nth;
      if (outcome instanceof Error) expect(isCairnError(outcome, 'IO')).toBe(true);
      const contents = await contentsOf();
      if (outcome instanceof Error) expect([2, 32]).toContain(contents.size);
      else expect(contents.size).toBe(32);
      await isWhole();
      await using next = await open();
      await count(next, 'b');
      expect((await contentsOf()).get('total')).toBe(2);
    }
  });

  it('a version that is never answered says so, and its change is there once or not at all', async () => {
    for (const fault of ['drop', 'lose'] as const) {
      await objects?.stop();
      objects = await start();
      await using collection = await open();
      await count(collection, 'a');
      let tried = false;
      objects.faults((request) => {
        if (isVersion(request)) tried = true;
        return isVersion(request) ? fault : tried ? REFUSED : undefined;
      });
      const error = await count(collection, 'b').catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'IO', unanswered: true });
      objects.faults();
      expect((await contentsOf()).get('total')).toBe(fault === 'lose' ? 2 : 1);
      await count(collection, 'c');
      expect((await contentsOf()).get('total')).toBe(fault === 'lose' ? 3 : 2);
      await isWhole();
    }
  });

  it('partition files in parts whose answers are lost are there once', async () => {
    objects = await start();
    await using collection = await open();
    let number = 0;
    objects.faults((request) => (isPartition(request) && ++number % 3 === 0 ? 'lose' : undefined));
    const value = 'v'.repeat(1 << 20);
    await collection.commit(
      Array.from({ length: 12 }, (_, i): { set: [string, string] } => ({ set: [`k${i}`, value] })),
    );
    objects.faults();
    expect(number).toBeGreaterThan(3);
    expect((await contentsOf()).size).toBe(12);
    await isWhole();
  });

  it('of writers whose requests go wrong at random each change is there once, and all that were answered', async () => {
    objects = await start();
    const writers = await Promise.all(Array.from({ length: 4 }, () => open(true)));
    const random = seededRandom(13);
    objects.faults(({ method }) => {
      const dice = random();
      if (dice < 0.1) return 'lose';
      if (dice < 0.15) return 'drop';
      // Refused for good now and then, so that commits fail in the middle.
      return dice < 0.16 && method !== 'GET' ? REFUSED : undefined;
    });
    const answered: string[] = [];
    const doubtful: string[] = [];
    await Promise.all(
      writers.map(async (writer, i) => {
        for (let round = 0; round < 10; round++) {
          const key = `c${i}-${round}`;
          try {
            await count(writer, key);
            answered.push(key);
          } catch (error) {
            if (!isCairnError(error, 'IO')) throw error;
            if (error.unanswered === true) doubtful.push(key);
          }
        }
      }),
    );
    await Promise.all(writers.map((writer) => writer.close()));
    objects.faults();
    const contents = await contentsOf();
    const there = [...contents.keys()].filter((key) => key !== 'total');
    expect(contents.get('total')).toBe(there.length);
    for (const key of answered) expect(there).toContain(key);
    for (const key of there) expect([...answered, ...doubtful]).toContain(key);
    expect(answered.length).toBeGreaterThan(20);
    await isWhole();
  });
});
