import { spawn } from 'node:child_process';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Collection,
  collectionInfo,
  copyCollection,
  deleteCollection,
  openCollection,
  sweepCollection,
  verifyCollection,
} from '../../src/collection/index.ts';
import { isCairnError } from '../../src/errors.ts';
import type { CollectionJob, CollectionOutcome } from '../fault/collection-child.ts';
import { type Bundle, bundle } from '../support/bundle.ts';
import type { Place } from '../support/places.ts';
import { readFile, tree, writeFile } from '../support/storage-tools.ts';

/** How the server is reached by this process, through a proxy, and by other processes. */
export interface Reached {
  /** The variables that tell a process of its own. */
  env(): Readonly<Record<string, string>>;
  /** Makes URIs mean the server at another address: undefined for its own. */
  register(endpoint?: string): void;
  endpoint(): string;
}

type Numbers = Collection<string, number | string>;

/** Values that a version file has no room for. */
const wide = (word: string): { set: [string, string] }[] =>
  Array.from({ length: 30 }, (_, i) => ({ set: [`${word}${i}`, word.repeat(3000)] }));

const count = (collection: Numbers, key: string): Promise<{ version: number }> =>
  collection.commit(
    async (tx) => {
      tx.set('total', (((await tx.get('total')) as number | undefined) ?? 0) + 1);
      tx.set(key, 1);
    },
    { retries: 1000 },
  );

async function contentsOf(uri: string): Promise<Map<string, number | string>> {
  await using collection = await openCollection<string, number | string>(uri, { readOnly: true });
  const contents = new Map<string, number | string>();
  for await (const [key, value] of collection.entries()) contents.set(key, value);
  return contents;
}

/** Nothing is damaged, and after a sweep nothing is there that no version names. */
async function isWhole(uri: string): Promise<void> {
  expect(await verifyCollection(uri)).toMatchObject({ ok: true, problems: [] });
  await sweepCollection(uri, { olderThanMs: 0 });
  expect(await sweepCollection(uri, { olderThanMs: 0 })).toEqual([]);
  expect(await verifyCollection(uri)).toMatchObject({ ok: true, problems: [] });
}

/** What collections promise, on a server of somebody else's. */
export function collectionCases(place: Place, reached: Reached): void {
  describe('collections', () => {
    let child: Bundle;
    beforeAll(async () => {
      child = await bundle(new URL('./collection-child.ts', import.meta.url));
    });
    afterAll(() => child?.remove());

    /** Runs a job in a process of its own; `go` lets it begin. */
    function start(job: CollectionJob): {
      ready: Promise<void>;
      go(): void;
      outcome: Promise<CollectionOutcome>;
    } {
      const racer = spawn(process.execPath, [child.file, JSON.stringify(job)], {
        env: { ...process.env, ...reached.env() },
      });
      let [said, errors] = ['', ''];
      racer.stderr.on('data', (text) => {
        errors += text;
      });
      const ended = new Promise<void>((resolve, reject) => {
        racer.once('error', reject);
        racer.once('close', (code) =>
          code === 0 ? resolve() : reject(new Error(`${job.kind} ended with ${code}: ${errors}`)),
        );
      });
      const ready = new Promise<void>((resolve, reject) => {
        racer.stdout.on('data', (text) => {
          said += text;
          resolve();
        });
        ended.catch(reject);
      });
      const outcome = ended.then(() => JSON.parse(said.split('\n')[1]) as CollectionOutcome);
      // Both are waited for later.
      ready.catch(() => undefined);
      outcome.catch(() => undefined);
      return { ready, go: () => racer.stdin.write('go\n'), outcome };
    }

    it('of processes that commit at once none loses a commit, and none is applied twice', async () => {
      const uri = `${await place.root()}/c`;
      await (await openCollection(uri)).close();
      const [processes, commits] = [6, 5];
      const stop = `${child.file}.stop`;
      const kinds = ['set', 'set', 'set', 'count', 'count', 'ifVersion'] as const;
      const racers = kinds.map((kind, i) => start({ uri, kind, name: `${kind}${i}`, commits, stop }));
      await Promise.all(racers.map(({ ready }) => ready));
      for (const racer of racers) racer.go();
      const outcomes = await Promise.all(racers.map(({ outcome }) => outcome));
      const versions = outcomes.flatMap((one) => one.versions);
      expect(new Set(versions).size).toBe(processes * commits);
      for (const one of outcomes) expect(one.versions).toEqual([...one.versions].sort((a, b) => a - b));
      const contents = await contentsOf(uri);
      expect(contents.get('total')).toBe(3 * commits);
      for (const [i, kind] of kinds.entries()) {
        if (kind !== 'set') expect(contents.get(`of-${kind}${i}`)).toBe(commits);
        else for (let n = 0; n < commits; n++) expect(contents.has(`${kind}${i}-${n}`)).toBe(true);
      }
      // Those of background compactions are among them.
      const { version } = await collectionInfo(uri);
      const numbers = (await tree(`${uri}/versions`)).filter((path) => /-[1-9]\d*\.version$/.test(path));
      expect(numbers.length).toBe(version);
      await isWhole(uri);
    });

    it('a commit whose answers are lost is applied once', async () => {
      const uri = `${await place.root()}/c`;
      await (await openCollection(uri)).close();
      const proxy = await LosingProxy.start(reached.endpoint());
      try {
        reached.register(proxy.endpoint);
        await using collection = await openCollection<string, number | string>(uri, { autoCompact: false });
        for (let i = 1; i <= 4; i++) {
          proxy.lose = (method, path) => method === 'PUT' && path.includes('.version');
          expect((await count(collection, `c${i}`)).version).toBe(i);
          expect(proxy.lose).toBeUndefined();
        }
        proxy.lose = (method, path) => method === 'PUT' && path.includes('.cairn');
        expect((await collection.commit(wide('w'))).version).toBe(5);
        expect(proxy.lose).toBeUndefined();
      } finally {
        reached.register();
        await proxy.stop();
      }
      const contents = await contentsOf(uri);
      expect([contents.get('total'), contents.size]).toEqual([4, 35]);
      expect((await collectionInfo(uri)).version).toBe(5);
      await isWhole(uri);
    });

    it('are compacted beside commits and readers, reverted, swept, copied and deleted', async () => {
      const root = await place.root();
      const uri = `${root}/c`;
      await using writer = await openCollection<string, number | string>(uri, { autoCompact: false });
      await using other = await openCollection<string, number | string>(uri, { autoCompact: false });
      await writer.commit(wide('a'));
      await writer.commit(wide('b'));
      await writer.commit([{ delete: 'a0' }, { set: ['small', 1] }]);
      await using before = await other.snapshot((await other.refresh()) && undefined);
      const [compaction] = await Promise.all([
        writer.compact({ full: true, keepVersions: 2 }),
        count(other, 'beside'),
        other.set('blind', 2),
      ]);
      expect(compaction.after).toBe(1);
      expect((await contentsOf(uri)).size).toBe(63);
      // What the reader had open stays readable: files go a day later.
      expect(await before.count()).toBe(60);
      const answered: unknown[] = [];
      for await (const entry of before.entries({ limit: 3 })) answered.push(entry);
      expect(answered.length).toBe(3);
      await writer.refresh();
      const { version } = await writer.commit([{ set: ['only', 'this'] }], { replace: true });
      expect([...(await contentsOf(uri)).keys()]).toEqual(['only']);
      await writer.revertTo(version - 1);
      expect((await contentsOf(uri)).size).toBe(63);
      await writeFile(`${uri}/data/part-00000-0123456789abcdef.cairn`, 'left by a writer that was killed');
      expect((await sweepCollection(uri, { olderThanMs: 0 })).map((file) => file.uri)).toEqual([
        `${uri}/data/part-00000-0123456789abcdef.cairn`,
      ]);
      await copyCollection(uri, `${root}/copy`);
      expect((await contentsOf(`${root}/copy`)).size).toBe(63);
      await isWhole(uri);
      await deleteCollection(uri);
      await deleteCollection(`${root}/copy`);
      expect(await tree(root)).toEqual([]);
    });

    it('are followed, and answered with the newest version also where the hint is an old one', async () => {
      const uri = `${await place.root()}/c`;
      await using writer = await openCollection<string, number | string>(uri);
      await writer.set('a', 1);
      await using follower = await openCollection<string, number | string>(uri, {
        readOnly: true,
        follow: 50,
      });
      for (let i = 2; i <= 20; i++) await writer.set('a', i);
      while (follower.version < writer.version) await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await follower.get('a')).toBe(20);
      const hint = Number(new TextDecoder().decode(await readFile(`${uri}/LATEST`)));
      expect(hint).toBeLessThanOrEqual(writer.version);
      await using late = await openCollection<string, number | string>(uri, { readOnly: true });
      expect(await late.get('a')).toBe(20);
    });

    it('are refused at a store, and by `ifVersion` that is not the newest', async () => {
      const uri = `${await place.root()}/c`;
      await using one = await openCollection<string, number | string>(uri);
      await using other = await openCollection<string, number | string>(uri);
      await one.set('a', 1);
      await other.set('b', 1);
      const error = await one
        .commit([{ set: ['c', 1] }], { ifVersion: 1 })
        .catch((reason: unknown) => reason);
      expect(isCairnError(error, 'CONFLICT')).toBe(true);
      expect((await contentsOf(uri)).size).toBe(2);
    });
  });
}

/** Passes requests on, and cuts the connection instead of passing on the answer where it is told to, once. */
class LosingProxy {
  /** Chooses the request whose answer is lost; undefined once it was. */
  lose: ((method: string, path: string) => boolean) | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(target: string): Promise<LosingProxy> {
    const { hostname, port, pathname } = new URL(target);
    const server = createServer();
    const proxy = new LosingProxy(server);
    server.on('request', (asked, answer) => {
      const { method = '', url = '', headers } = asked;
      const passed = request({ hostname, port, method, path: url, headers }, (answered) => {
        if (proxy.lose?.(method, url)) {
          proxy.lose = undefined;
          answered.resume();
          answered.once('end', () => asked.socket.destroy());
          return;
        }
        answer.writeHead(answered.statusCode ?? 500, answered.rawHeaders);
        answered.pipe(answer);
      });
      passed.once('error', () => asked.socket.destroy());
      asked.pipe(passed);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const path = pathname === '/' ? '' : pathname;
    proxy.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    return proxy;
  }

  endpoint = '';

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
