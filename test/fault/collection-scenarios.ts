import { appendFileSync } from 'node:fs';
import {
  type Collection,
  deleteCollection,
  openCollection,
  sweepCollection,
} from '../../src/collection/index.ts';
import '../../src/node/register.ts';

type Texts = Collection<string, string>;

/** Entries that a version file has no room for. */
export const wide = (word: string): [string, string][] =>
  Array.from({ length: 30 }, (_, i): [string, string] => [
    `k${String(i).padStart(2, '0')}`,
    word.repeat(2500),
  ]);

export const openTexts = (uri: string, readOnly = false): Promise<Texts> =>
  openCollection<string, string>(
    uri,
    readOnly ? { readOnly } : { valueEncoding: 'utf8', autoCompact: false },
  );

/** Is told of each step that was answered. */
export type Answered = () => void;

/** What is done to a collection, step by step; what each step makes of the contents is in collection-states.ts. */
export const COLLECTION_WORK: Readonly<Record<string, (uri: string, answered: Answered) => Promise<void>>> = {
  async 'collection-make'(uri, answered) {
    await using collection = await openTexts(uri);
    await collection.set('first', '1');
    answered();
  },
  async 'collection-commit'(uri, answered) {
    await using collection = await openTexts(uri);
    await collection.set('a', '1');
    answered();
    // Earlier small changes are written to files together with these.
    await collection.commit(wide('b').map((set) => ({ set })));
    answered();
    await collection.commit(async (tx) => {
      await tx.deleteRange({ gte: 'k10' });
      tx.set('c', `${await tx.get('a')}!`);
    });
    answered();
  },
  async 'collection-replace'(uri, answered) {
    await using collection = await openTexts(uri);
    await collection.commit([{ set: ['only', 'this'] }], { replace: true });
    answered();
    await collection.revertTo(1);
    answered();
  },
  async 'collection-compact'(uri) {
    await using collection = await openTexts(uri);
    await collection.compact({ full: true });
  },
  async 'collection-sweep'(uri) {
    await sweepCollection(uri, { olderThanMs: 0 });
  },
  async 'collection-delete'(uri) {
    await deleteCollection(uri);
  },
};

/** The same below a directory, for processes: what was answered is noted in a file beside the collection. */
export const COLLECTION_SCENARIOS: Readonly<Record<string, (root: string) => Promise<void>>> =
  Object.fromEntries(
    Object.entries(COLLECTION_WORK).map(([name, work]) => [
      name,
      (root) => work(`${root}/c`, () => appendFileSync(`${root}/answered`, '.')),
    ]),
  );
