import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runJob } from '../../src/batch/index.ts';
import { MemoryStorage } from '../../src/io/memory.ts';
import { createStore, isCairnError, openStore, sweepStores } from '../../src/node/index.ts';
import { allOf } from '../support/all-of.ts';
import { AzureFake, registerFake } from '../support/azure-fake.ts';
import { type Bundle, bundle } from '../support/bundle.ts';
import { FaultyStorage } from '../support/faulty-storage.ts';
import { QuickHost } from '../support/quick-host.ts';
import { registerServer } from '../support/s3-place.ts';
import { S3Server } from '../support/s3-server.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { tree } from '../support/storage-tools.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { JOB, LINES } from './job-definition.ts';
import { type JobWorld, runRound } from './job-round.ts';
import { runKilled } from './kill-everywhere.ts';

// `npm run crash -- --minutes 60` runs these for as long as one likes.
const MINUTES = Number(process.env.CAIRNKV_CRASH_MINUTES ?? 0);
const SEED = Number(process.env.CAIRNKV_CRASH_SEED ?? (MINUTES > 0 ? Date.now() % 1e9 : 1));
const TIMEOUT_MS = 60_000 + MINUTES * 60_000;

/** Runs rounds with seeds of their own: so many, or until the time is up. Returns the sum of what they return. */
async function campaign(
  rounds: number,
  round: (random: SeededRandom, n: number) => Promise<number>,
): Promise<number> {
  const end = Date.now() + (MINUTES * 60_000) / 5;
  let sum = 0;
  for (let n = 0; n < rounds || Date.now() < end; n++) {
    const seed = SEED * 1_000_003 + n;
    try {
      sum += await round(new SeededRandom(seed), n);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  return sum;
}

/** A storage of one client, which dies alone: what it shares with the others lies beneath. */
class Mortal extends FaultyStorage {
  override readonly scheme: string;

  constructor(client: number, inner: MemoryStorage) {
    super(inner);
    this.scheme = `mortal${client}`;
  }

  override uri(path: string): string {
    return `${this.scheme}:${path}`;
  }
}

const CLIENTS = 6;

describe('a job whose clients die anywhere is committed once, whole, or absent', () => {
  it(
    'in memory',
    async () => {
      const attempts = await campaign(80, (random) => {
        const inner = new MemoryStorage(() => 0);
        const clients = Array.from({ length: CLIENTS }, (_, i) => new Mortal(i, inner).register());
        const world: JobWorld = {
          output: (client) => `mortal${client}:out`,
          endanger(client, dangers) {
            const forever = dangers.oneIn(2);
            clients[client].arm({ at: 1 + dangers.below(40), forever, after: dangers.oneIn(2) });
          },
          calm: () => undefined,
        };
        return runRound(world, random);
      });
      expect(attempts).toBeGreaterThan(500);
    },
    TIMEOUT_MS,
  );

  it(
    'in a bucket that loses answers',
    async () => {
      const server = await S3Server.start();
      registerServer(server, { partSize: 5 * 2 ** 20 }, new QuickHost());
      let rounds = 0;
      try {
        const attempts = await campaign(8, (random) => {
          const uri = `s3://bucket/out-${rounds++}`;
          return runRound(
            losing(uri, (choose) => {
              server.fault = choose;
            }),
            random,
          );
        });
        expect(attempts).toBeGreaterThan(50);
      } finally {
        await server.stop();
      }
    },
    TIMEOUT_MS,
  );

  it(
    'in a container that loses answers',
    async () => {
      const fake = new AzureFake();
      registerFake(fake, {}, new QuickHost());
      let rounds = 0;
      const attempts = await campaign(20, (random) => {
        const uri = `az://container/out-${rounds++}`;
        return runRound(
          losing(uri, (choose) => {
            fake.fault = choose;
          }),
          random,
        );
      });
      expect(attempts).toBeGreaterThan(100);
    },
    TIMEOUT_MS,
  );

  /** A world whose requests are lost now and then, before or after they are done. */
  function losing(
    uri: string,
    set: (choose: (() => 'drop' | 'lose' | undefined) | undefined) => void,
  ): JobWorld {
    return {
      output: () => uri,
      endanger(_, random) {
        set(() => (random.oneIn(12) ? random.pick(['drop', 'lose']) : undefined));
      },
      calm: () => set(undefined),
    };
  }
});

describe('processes that run a job', () => {
  let child: Bundle;
  let base: string;
  let expected: string;
  let id: string;
  /** What the job takes, from the beginning to its end. */
  let calls: number;
  beforeAll(async () => {
    child = await bundle(new URL('./job-child.ts', import.meta.url));
    base = temporaryDirectory();
    const writer = await createStore(`${base}/in`, { partitionBytes: 1024 });
    await writer.putAll(LINES);
    await writer.close();
    id = (await runJob(JOB, { input: `${base}/in`, output: 'memory:oracle' })).info.id;
    expected = JSON.stringify(await allOf((await openStore('memory:oracle')).entries()));
    calls = (await runKilled(child.file, `${base}/in`, `${base}/plain`, 0)) as number;
  }, TIMEOUT_MS);
  afterAll(() => {
    child.remove();
    rmSync(base, { recursive: true, force: true });
  });

  it(
    'make its store once, wherever they are killed, however many there are',
    async () => {
      const killed = await campaign(9, async (random, n) => {
        const output = `${base}/out-${n}`;
        let deaths = 0;
        const live = async (nth: number): Promise<void> => {
          const took = await runKilled(child.file, `${base}/in`, output, nth);
          if (took === undefined) deaths++;
          else calls = Math.max(calls, took);
        };
        await live(1 + random.below(calls));
        // Two at once, both of which go on with what is there.
        await Promise.all([
          live(1 + random.below(calls)),
          live(random.oneIn(3) ? 0 : 1 + random.below(calls)),
        ]);
        const { info } = await finish(output);
        expect(info.id).toBe(id);
        await sweepStores(output, { olderThanMs: 0 });
        await using store = await openStore(output);
        if (JSON.stringify(await allOf(store.entries())) !== expected) throw new Error('other entries');
        const named = new Set(store.info.partitions.map(({ name }) => name));
        const left = (await tree(output)).filter(
          (path) => path.endsWith('.cairn') && !named.has(path.split('/').at(-1) as string),
        );
        expect(left).toEqual([]);
        return deaths;
      });
      expect(killed).toBeGreaterThan(9);
    },
    TIMEOUT_MS,
  );

  /** Goes on with the job; or takes the store that is there. */
  async function finish(output: string): Promise<{ readonly info: { readonly id: string } }> {
    try {
      return await runJob(JOB, { input: `${base}/in`, output, resume: true });
    } catch (error) {
      if (!isCairnError(error, 'ALREADY_EXISTS')) throw error;
      return openStore(output);
    }
  }
});
