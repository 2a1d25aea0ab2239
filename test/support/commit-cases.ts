import { expect, it } from 'vitest';
import { createStore, openStore, sweepStores } from '../../src/node/index.ts';
import { failure } from './failures.ts';
import { fillSized, numbered, pairsOf, readAll, SMALL_PARTITIONS, TEXT } from './stores.ts';

/** How an object storage of the tests misbehaves once; what both of them can. */
export type CommitFault = 'drop' | 'lose' | { readonly status: number; readonly code: string };

/** An object storage of the tests, as far as commits need it. */
export interface CommitPlace {
  readonly root: string;
  /** The names of all objects. */
  names(): readonly string[];
  /** The next requests that put a manifest get these faults, one after the other. */
  faults(...faults: CommitFault[]): void;
  /** No request that puts a manifest is answered, or from now on all are. */
  unanswered(still: boolean): void;
}

/** Races writers into one store: one commits, and the others leave nothing. */
export async function raceWriters({ root, names }: CommitPlace): Promise<void> {
  const writers = await Promise.all(
    Array.from({ length: 16 }, async (_each, i) => {
      const writer = await createStore(`${root}/s`, { ...TEXT, ...SMALL_PARTITIONS });
      await writer.putAll(numbered(9, `w${i}-`, 300));
      return writer;
    }),
  );
  const outcomes = await Promise.allSettled(writers.map((writer) => writer.close()));
  const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
  for (const [i, outcome] of outcomes.entries()) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ALREADY_EXISTS' });
    else expect(i).toBe(winner);
  }
  expect(await readAll(`${root}/s`)).toEqual(numbered(9, `w${winner}-`, 300));
  expect(names().length).toBe(4);
}

/** The cases that hold for commits on every object storage. `busy` are the errors that ask for a retry. */
export function commitCases(
  place: CommitPlace,
  { busy, refusal }: { readonly busy: readonly CommitFault[]; readonly refusal: CommitFault },
): void {
  const { root } = place;
  const ERROR = { status: 500, code: 'InternalError' };

  it.each<[string, CommitFault[]]>([
    ['lost', ['lose']],
    ['lost three times', ['lose', 'lose', 'lose']],
    ['cut off before it was done', ['drop', 'drop']],
    ['an error', [ERROR, ...busy]],
    ['all of that', ['drop', ERROR, 'lose', ERROR]],
  ])('whose answer is %s is recognized as its own', async (_, faults) => {
    place.faults(...faults);
    const info = await fillSized(`${root}/s`, 'three partitions');
    expect(info.count).toBe(9);
    expect(await readAll(`${root}/s`)).toEqual(pairsOf('three partitions'));
  });

  it('that is never answered keeps its files, which it needs if it arrives later', async () => {
    place.unanswered(true);
    const writing = fillSized(`${root}/s`, 'three partitions');
    expect(await failure(writing, 'IO')).toMatchObject({ transient: true, unanswered: true });
    expect(place.names().length).toBe(3);
    place.unanswered(false);
    await failure(openStore(`${root}/s`), 'INCOMPLETE');
    expect((await sweepStores(root, { olderThanMs: 0 })).length).toBe(3);
    expect(place.names()).toEqual([]);
  });

  it('that is refused after an unanswered attempt keeps its files, too', async () => {
    place.faults('drop', refusal);
    const error = await failure(fillSized(`${root}/s`, 'three partitions'), 'IO');
    expect(error).toMatchObject({ transient: false, unanswered: true });
    expect(place.names().length).toBe(3);
  });
}
