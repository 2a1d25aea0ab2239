import { abortJob, commitJob, jobStatus, openTask, planJob, type TaskWriter } from '../../src/batch/index.ts';
import { createStore, isCairnError, openStore, sweepStores } from '../../src/index.ts';
import { allOf } from '../support/all-of.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

/** Where a job runs whose clients die. */
export interface JobWorld {
  /** The output, as a client of this number reaches it; client 0 never dies. */
  output(client: number): string;
  /** Lets a client die at one of its next operations, or lose answers. */
  endanger(client: number, random: SeededRandom): void;
  /** Ends all dangers: the dead stay away. */
  calm(): void;
}

const JOB = 'j';
const KEYS_PER_TASK = 3;

const keyOf = (task: number, i: number): string => `${task}-${i}`;

/**
 * Runs one job by clients that die, lose answers, come twice and come late, and checks what becomes of it. Returns the number of
 * attempts.
 */
export async function runRound(world: JobWorld, random: SeededRandom): Promise<number> {
  const tasks = 1 + random.below(4);
  const mayAbort = random.oneIn(3);
  const safe = world.output(0);
  await planJob(safe, { job: JOB, tasks });
  let attempts = 0;
  const late: TaskWriter<string, number>[] = [];
  const attempt = async (
    output: string,
    task: number,
    end: 'commit' | 'abort' | 'late' = 'commit',
  ): Promise<void> => {
    attempts++;
    const writer = await openTask<string, number>(output, { job: JOB, task, attempt: attempts });
    for (let i = 0; i < KEYS_PER_TASK; i++) await writer.put(keyOf(task, i), task);
    if (end === 'late') late.push(writer);
    else if (end === 'abort') await writer.abort();
    else await writer.commit();
  };
  const clients = Array.from({ length: 2 + random.below(4) }, async (_, i) => {
    const client = i + 1;
    const output = world.output(client);
    world.endanger(client, random);
    for (let step = 0; step < tasks + 2; step++) {
      const action = random.below(10);
      try {
        if (action === 0) await commitJob(output, { job: JOB });
        else if (action === 1 && mayAbort) await abortJob(output, { job: JOB });
        else
          await attempt(
            output,
            random.below(tasks),
            action === 2 ? 'late' : action === 3 ? 'abort' : 'commit',
          );
      } catch (error) {
        if (!isCairnError(error, 'IO', 'CONFLICT', 'INCOMPLETE')) throw error;
      }
    }
  });
  await Promise.all(clients);
  world.calm();
  for (let task = 0; task < tasks; task++) await orConflict(attempt(safe, task));
  // The one of two that comes first decides.
  const ends: Promise<unknown>[] = [orConflict(commitJob(safe, { job: JOB }))];
  if (mayAbort && random.oneIn(2))
    ends[random.oneIn(2) ? 'push' : 'unshift'](orConflict(abortJob(safe, { job: JOB })));
  await Promise.all(ends);
  // The storage of a client that died fails for ever.
  for (const writer of late)
    await writer.commit().catch((error) => isCairnError(error, 'IO') || ended(error));
  await checkEnd(safe, tasks);
  return attempts;
}

/** The decision stands, and what it says is what a reader finds; nothing else is left after a sweep. */
async function checkEnd(output: string, tasks: number): Promise<void> {
  const { state } = await jobStatus(output, { job: JOB });
  if (state === 'open') throw new Error('the job has not ended');
  if (state === 'committed') {
    const { id } = await commitJob(output, { job: JOB });
    await checkStore(output, tasks, id);
    if (!isCairnError(await rejection(abortJob(output, { job: JOB })), 'CONFLICT'))
      throw new Error('a committed job was aborted');
    await sweepStores(output, { olderThanMs: 0 });
    await checkStore(output, tasks, id);
  } else {
    if (!isCairnError(await rejection(openStore(output)), 'INCOMPLETE', 'NOT_FOUND', 'NOT_A_STORE'))
      throw new Error('an aborted job has left a store');
    if (!isCairnError(await rejection(commitJob(output, { job: JOB })), 'CONFLICT'))
      throw new Error('an aborted job was committed');
    await sweepStores(output, { olderThanMs: 0 }).catch(nothingThere);
  }
  const left = await sweepStores(output, { olderThanMs: 0, dryRun: true }).catch(nothingThere);
  if (left.length > 0) throw new Error(`a sweep has left ${left.map(({ uri }) => uri).join()}`);
}

async function checkStore(output: string, tasks: number, id: string): Promise<void> {
  await using store = await openStore(output);
  const expected = Array.from({ length: tasks * KEYS_PER_TASK }, (_, n) => {
    const task = Math.floor(n / KEYS_PER_TASK);
    return [keyOf(task, n % KEYS_PER_TASK), task];
  });
  const found = JSON.stringify(await allOf(store.entries()));
  if (found !== JSON.stringify(expected)) throw new Error(`the store has ${found}`);
  const plain = await plainId(expected as [string, number][]);
  if (store.info.id !== plain || id !== plain) throw new Error(`the id is ${store.info.id}, not ${plain}`);
}

let plains = 0;

/** What one writer alone would have given the store for an id. */
async function plainId(entries: readonly [string, number][]): Promise<string> {
  const writer = await createStore(`memory:plain-${plains++}`);
  await writer.putAll(entries);
  return (await writer.close()).id;
}

/** The job may have been decided by a client. */
async function orConflict(work: Promise<unknown>): Promise<void> {
  await work.catch(ended);
}

function ended(error: unknown): void {
  if (!isCairnError(error, 'CONFLICT')) throw error;
}

/** In object storages, a directory without files is none. */
function nothingThere(error: unknown): [] {
  if (!isCairnError(error, 'NOT_FOUND')) throw error;
  return [];
}

async function rejection(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  return undefined;
}
