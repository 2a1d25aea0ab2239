import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCairnError } from '../../src/errors.ts';
import { bigint, connect, int, type Row, string, type Table } from '../../src/node/table.ts';
import { allOf } from '../support/all-of.ts';
import { type Bundle, bundle } from '../support/bundle.ts';
import { failure } from '../support/failures.ts';
import { FaultyStorage } from '../support/faulty-storage.ts';
import { readTree, writeTree } from '../support/storage-tools.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { runKilled } from './kill-everywhere.ts';
import { FLUSHES, prepareTables } from './table-scenarios.ts';

let child: Bundle;
let base: string;
beforeAll(async () => {
  child = await bundle(new URL('./crash-child.ts', import.meta.url));
  base = temporaryDirectory();
}, 120_000);
afterAll(() => {
  child.remove();
  rmSync(base, { recursive: true, force: true });
});

/** Kills a scenario before some of its calls, evenly spread, and checks what is left each time. Returns the number of calls. */
async function killNow(
  scenario: string,
  check: (root: string, done: boolean) => Promise<void>,
): Promise<number> {
  const template = `${base}/${scenario}`;
  mkdirSync(template);
  await prepareTables(template);
  const run = async (nth: number): Promise<number | undefined> => {
    const root = `${base}/${scenario}-${nth}`;
    cpSync(template, root, { recursive: true });
    const calls = await runKilled(child.file, scenario, root, nth);
    try {
      await check(root, calls !== undefined);
    } catch (error) {
      throw new Error(`killed before call ${nth}: ${(error as Error).message}`, { cause: error });
    }
    return calls;
  };
  const calls = (await run(0)) ?? 0;
  for (let nth = 1; nth <= calls; nth += Math.ceil(calls / KILLS)) await run(nth);
  return calls;
}

/** Kills of each scenario. */
const KILLS = 17;

/** What the table and the log hold after so many flushes. */
function stateAfter(flushes: number): { users: Row[]; events: number[] } {
  const users = new Map(FLUSHES.slice(0, flushes).flatMap((rows) => rows.map((row) => [row.id, row])));
  return {
    users: [...users.values()].sort((a, b) => a.id - b.id),
    events: FLUSHES.slice(0, flushes).flatMap((rows) => rows.map(({ id }) => id)),
  };
}

describe('a process that is killed', () => {
  it('while it flushes leaves whole flushes, and all that were answered', { timeout: 180_000 }, async () => {
    const calls = await killNow('table-flush', async (root) => {
      await using db = await connect(`${root}/warehouse`);
      const [users, events] = [await db.table('db.users'), await db.table('db.events')];
      const found = JSON.stringify(await allOf(users.scan()));
      const ids = JSON.stringify((await allOf(events.records())).map(({ row }) => row.id));
      const states = [0, 1, 2, 3].map(stateAfter);
      const flushed = states.findIndex((state) => JSON.stringify(state.users) === found);
      const appended = states.findIndex((state) => JSON.stringify(state.events) === ids);
      const answered = existsSync(`${root}/answered`) ? readFileSync(`${root}/answered`).length : 0;
      if (flushed < answered || appended < answered || flushed - appended > 1)
        throw new Error(`${answered} answered, ${flushed} flushed, ${appended} appended`);
      // What was interrupted is done again.
      await events.append({ id: 99 });
      if ((await events.latestOffset()) !== states[appended].events.length + 1)
        throw new Error('a wrong offset');
    });
    expect(calls).toBeGreaterThan(10);
  });

  it('while it administrates leaves each step whole or undone', { timeout: 180_000 }, async () => {
    const calls = await killNow('table-admin', async (root, done) => {
      await using db = await connect(`${root}/warehouse`);
      const names = await db.admin.listTables('db');
      const expected = [
        ['events', 'users'],
        ['events', 'more', 'users'],
        ['more', 'users'],
      ];
      if (!expected.some((list) => list.join() === names.join()))
        throw new Error(`the tables are ${names.join()}`);
      if (done && names.includes('events')) throw new Error('the table was not dropped');
      // Each table that is listed can be used, and all can be dropped.
      for (const name of names) {
        const table = await db.table(`db.${name}`);
        if (name === 'events') await table.append({ id: 1 });
        else await table.upsert({ id: 1, v: name });
      }
      await db.admin.dropDatabase('db', { cascade: true });
      if ((await db.admin.listDatabases()).length > 0 || existsSync(`${root}/warehouse/db`))
        throw new Error('something is left of the database');
    });
    expect(calls).toBeGreaterThan(10);
  });
});

describe('tables that several connections write at once', () => {
  it('lose nothing, and double nothing', async () => {
    const root = `${base}/shared`;
    {
      await using db = await connect(root);
      await db.admin.createDatabase('db');
      await db.admin.createTable('db.counts', {
        columns: { id: int(), n: bigint(), by: string().nullable() },
        primaryKey: ['id'],
      });
      await db.admin.createTable('db.events', {
        columns: { by: int(), n: int() },
        bucketKey: ['by'],
        buckets: 3,
      });
    }
    await Promise.all(
      Array.from({ length: 4 }, async (_, by) => {
        await using db = await connect(root);
        const [counts, events] = [await db.table('db.counts'), await db.table('db.events')];
        for (let n = 0; n < 8; n++) {
          for (let i = 0; i < 3; i++) events.append({ by, n: n * 3 + i });
          counts.upsert({ id: by, n: BigInt(n), by: null });
          // All of them change the same row, each a column of its own value.
          counts.upsert({ id: 100 + n, n: 0n, by: `${by}` }, { columns: ['id', 'n', 'by'] });
          await Promise.all([events.flush(), counts.flush()]);
        }
      }),
    );
    await using db = await connect(root);
    const [counts, events] = [await db.table('db.counts'), await db.table('db.events')];
    expect((await allOf(counts.scan({ range: { lt: { id: 100 } } }))).map(({ n }) => n)).toEqual([
      7n,
      7n,
      7n,
      7n,
    ]);
    const records = await allOf(events.records());
    expect(records.length).toBe(4 * 24);
    for (let bucket = 0; bucket < 3; bucket++) {
      const offsets = records.filter((record) => record.bucket === bucket).map(({ offset }) => offset);
      expect(offsets).toEqual(offsets.map((_, i) => i));
    }
    for (let by = 0; by < 4; by++) {
      const own = records.filter(({ row }) => row.by === by).map(({ row }) => row.n);
      expect(own).toEqual(own.map((_, i) => i));
    }
  });

  it('see what others flush within a second, by themselves', async () => {
    let now = 0;
    await using writer = await connect('memory:fresh');
    await writer.admin.createDatabase('db');
    await writer.admin.createTable('db.t', { columns: { id: int() }, primaryKey: ['id'] });
    await using reader = await connect('memory:fresh', { clock: () => now });
    const [written, read] = [await writer.table('db.t'), await reader.table('db.t')];
    await written.upsert({ id: 1 });
    expect(await read.lookup({ id: 1 })).toBeUndefined();
    now += 999;
    expect(await read.lookup({ id: 1 })).toEqual({ id: 1 });
    await written.upsert({ id: 2 });
    now += 999;
    expect((await allOf(read.scan())).length).toBe(2);
  });
});

describe('a flush whose answer is lost', () => {
  async function logIn(storage: FaultyStorage): Promise<Table> {
    storage.register();
    const db = await connect('faulty:warehouse');
    await db.admin.createDatabase('db');
    await db.admin.createTable('db.events', { columns: { id: int() } });
    return db.table('db.events');
  }

  it.each([1, 2, 3, 4, 5, 6])(
    'from operation %i on leaves its rows queued, and they are there once',
    async (at) => {
      for (const after of [true, false]) {
        const storage = new FaultyStorage();
        const events = await logIn(storage);
        await events.append({ id: 1 });
        for (const id of [2, 3]) events.append({ id });
        storage.arm({ at, forever: true, after });
        const flushed = await events.flush().catch((error: unknown) => {
          if (!isCairnError(error, 'IO')) throw error;
          expect(error.message).toContain('still queued');
          return undefined;
        });
        storage.arm();
        if (flushed === undefined) expect(events.queued).toBe(2);
        await events.append({ id: 4 });
        expect((await allOf(events.records())).map(({ row, offset }) => [row.id, offset])).toEqual([
          [1, 0],
          [2, 1],
          [3, 2],
          [4, 3],
        ]);
      }
    },
  );
});

describe('a damaged table', () => {
  it('yields right rows, or an error that names the file: no wrong row', { timeout: 120_000 }, async () => {
    const uri = 'memory:damaged-tables';
    {
      await using db = await connect(uri);
      await db.admin.createDatabase('db');
      await db.admin.createTable('db.t', { columns: { id: int(), v: string() }, primaryKey: ['id'] });
      const table = await db.table('db.t');
      for (let id = 0; id < 300; id++) table.upsert({ id, v: `value ${id} `.repeat(40) });
      await table.flush();
      await table.upsert({ id: 7, v: 'changed' });
    }
    const files = await readTree(uri);
    const read = async (place: string): Promise<string> => {
      await using db = await connect(place);
      const table = await db.table('db.t');
      const rows = await allOf(table.scan());
      return JSON.stringify([rows, await table.lookup({ id: 7 }), await table.lookup({ id: 299 })]);
    };
    const right = await read(uri);
    let [found, harmless] = [0, 0];
    for (const [path, bytes] of files) {
      const step = Math.max(1, Math.floor(bytes.length / 24));
      for (let at = 0; at < bytes.length; at += step) {
        const place = `memory:damaged/${path.length}-${at}-${found}-${harmless}`;
        const damaged = bytes.slice();
        damaged[at] ^= 1 << (at % 8);
        await writeTree(place, new Map([...files, [path, damaged]]));
        try {
          if ((await read(place)) !== right) throw new Error(`a wrong row: byte ${at} of ${path}`);
          harmless++;
        } catch (error) {
          if (!isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT', 'NOT_A_STORE', 'NOT_FOUND'))
            throw error;
          found++;
        }
      }
    }
    expect(found).toBeGreaterThan(40);
    const cut = new Map(
      [...files].map(([path, bytes]) => [path, path.endsWith('.cairn') ? bytes.slice(0, -1) : bytes]),
    );
    await writeTree('memory:damaged/cut', cut);
    await failure(read('memory:damaged/cut'), 'CORRUPTION');
  });
});
