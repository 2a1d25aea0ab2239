import { describe, expect, it } from 'vitest';
import { CairnError } from '../../../src/errors.ts';
import { WriteQueue } from '../../../src/table/write/write-queue.ts';
import { failure, failureNow } from '../../support/failures.ts';

/** A queue whose commits are noted, and fail while `failing` is set. */
function queue(): { queue: WriteQueue<string>; commits: string[][]; state: { failing: boolean } } {
  const commits: string[][] = [];
  const state = { failing: false };
  const made = new WriteQueue<string>(
    'db.t',
    () => commits.length,
    async (changes) => {
      await null;
      if (state.failing)
        throw new CairnError('IO', 'the disk is full', { operation: 'write', transient: false });
      return commits.push([...changes]);
    },
  );
  return { queue: made, commits, state };
}

describe('a queue', () => {
  it('commits everything that is queued, together, and nothing when nothing is', async () => {
    const { queue: rows, commits } = queue();
    for (const row of ['a', 'b', 'c']) rows.add(row, 1);
    expect(rows.length).toBe(3);
    expect(await rows.flush()).toEqual({ version: 1 });
    expect(await rows.flush()).toEqual({ version: 1 });
    expect(commits).toEqual([['a', 'b', 'c']]);
  });

  it('does not commit rows for which no one waits', async () => {
    const { queue: rows, commits } = queue();
    rows.add('a', 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(commits).toEqual([]);
    await rows.close();
    expect(commits).toEqual([['a']]);
    failureNow(() => rows.add('b', 1), 'CLOSED');
    await failure(rows.flush(), 'CLOSED');
    await rows.close();
  });

  it('commits by itself what someone waits for, together with the others', async () => {
    const { queue: rows, commits } = queue();
    const first = rows.add('a', 1);
    const second = rows.add('b', 1);
    await Promise.all([first, second]);
    expect(commits).toEqual([['a', 'b']]);
    await rows.add('c', 1);
    expect(commits).toEqual([['a', 'b'], ['c']]);
  });

  it('commits by itself what takes too much memory', async () => {
    const { queue: rows, commits } = queue();
    rows.add('a', 33 * 2 ** 20);
    rows.add('b', 1);
    await rows.flush();
    expect(commits.flat()).toEqual(['a', 'b']);
  });

  it('keeps what a commit could not do, in order, and says so', async () => {
    const { queue: rows, commits, state } = queue();
    state.failing = true;
    const waiting = rows.add('a', 1);
    rows.add('b', 1);
    const flushing = rows.flush();
    rows.add('c', 1);
    const error = await failure(flushing, 'IO');
    expect(error.message).toBe('db.t: the disk is full. All 2 rows are still queued: flush() tries again');
    expect(error.operation).toBe('write');
    expect(await failure(waiting, 'IO')).toBe(error);
    expect(rows.length).toBe(3);
    state.failing = false;
    rows.add('d', 1);
    await rows.flush();
    expect(commits).toEqual([['a', 'b', 'c', 'd']]);
  });

  it('commits one after the other', async () => {
    const { queue: rows, commits } = queue();
    const flushes: Promise<unknown>[] = [];
    for (const row of ['a', 'b', 'c']) {
      rows.add(row, 1);
      flushes.push(rows.flush());
    }
    await Promise.all(flushes);
    expect(commits.flat()).toEqual(['a', 'b', 'c']);
  });

  it('drops what is queued, when asked to, and tells who waits', async () => {
    const { queue: rows, commits, state } = queue();
    state.failing = true;
    rows.add('a', 1);
    await failure(rows.flush(), 'IO');
    state.failing = false;
    const waiting = rows.add('b', 1);
    expect(rows.discard()).toBe(2);
    await failure(waiting, 'CLOSED');
    expect(rows.length).toBe(0);
    await rows.add('c', 1);
    await rows.close();
    expect(commits).toEqual([['c']]);
  });
});
