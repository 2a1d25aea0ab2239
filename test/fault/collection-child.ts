// One of many processes that use one collection at once: it says that it is ready, waits for a line, does its work, and
// tells what came of it.

import '../../src/node/register.ts';
import { existsSync } from 'node:fs';
import { type Collection, openCollection } from '../../src/collection/index.ts';
import { isCairnError } from '../../src/errors.ts';

/** What a process is to do. */
export interface CollectionJob {
  readonly uri: string;
  readonly kind: 'set' | 'count' | 'ifVersion' | 'compact' | 'read';
  /** Tells it from the others. */
  readonly name: string;
  /** Commits to be made. */
  readonly commits: number;
  /** Compactors and readers go on until this file exists. */
  readonly stop: string;
}

/** What came of a job. */
export interface CollectionOutcome {
  /** The versions of its commits that were answered, in their order. */
  readonly versions: readonly number[];
  /** Compactions, or readings. */
  readonly rounds: number;
}

/** Too large for a version file together with a few more: then commits write partition files, too. */
const WIDE = 'w'.repeat(6000);

type Numbers = Collection<string, number | string>;

const job = JSON.parse(process.argv[2]) as CollectionJob;

async function increment(collection: Numbers, options: { ifVersion?: number }): Promise<number> {
  const keys = ['total', `of-${job.name}`];
  const { version } = await collection.commit(
    async (tx) => {
      for (const key of keys) tx.set(key, (((await tx.get(key)) as number | undefined) ?? 0) + 1);
    },
    { retries: 10_000, ...options },
  );
  return version;
}

async function incrementIfNewest(collection: Numbers): Promise<number> {
  for (;;) {
    const ifVersion = await collection.refresh();
    try {
      return await increment(collection, { ifVersion });
    } catch (error) {
      if (!isCairnError(error, 'CONFLICT')) throw error;
    }
  }
}

/** At every version the total is the sum of what each process has counted. */
async function readOnce(collection: Numbers): Promise<void> {
  await using snapshot = await collection.snapshot();
  let [total, sum] = [0, 0];
  for await (const [key, value] of snapshot.entries()) {
    if (key === 'total') total = value as number;
    if (key.startsWith('of-')) sum += value as number;
  }
  if (total !== sum) throw new Error(`version ${snapshot.version}: ${total} in all, and ${sum} one by one`);
  if (((await snapshot.get('total')) ?? 0) !== total) throw new Error('a look-up and a scan disagree');
}

async function work(): Promise<CollectionOutcome> {
  const versions: number[] = [];
  let rounds = 0;
  await using collection: Numbers = await openCollection<string, number | string>(job.uri);
  process.stdout.write('ready\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  if (job.kind === 'compact' || job.kind === 'read') {
    for (; !existsSync(job.stop); rounds++) {
      if (job.kind === 'compact') {
        await collection.compact({ full: rounds % 2 === 0 }).catch((error: unknown) => {
          if (!isCairnError(error, 'CONFLICT')) throw error;
        });
      } else {
        await collection.refresh();
        await readOnce(collection);
      }
    }
  }
  for (let i = 0; i < job.commits; i++) {
    if (job.kind === 'count') versions.push(await increment(collection, {}));
    else if (job.kind === 'ifVersion') versions.push(await incrementIfNewest(collection));
    else versions.push((await collection.set(`${job.name}-${i}`, i % 4 === 3 ? WIDE : i)).version);
  }
  return { versions, rounds };
}

const outcome = await work();
process.stdin.destroy();
process.stdout.write(`${JSON.stringify(outcome)}\n`);
