import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { locate } from '../../io/uri.ts';
import { createStore, deleteStore, openStore, verifyStore } from '../../node/index.ts';
import { EXIT } from '../terminal/failure.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { TestArgs } from '../usage/check.ts';

const ENTRIES = 10_000;

/** Writes a store, reads it back in every way, and removes it: whether a place is fit for stores. */
export async function runTest({ uri = tmpdir() }: TestArgs, io: Io): Promise<number> {
  const { storage, path } = locate(uri);
  const inside = (await storage.kind(path)) === 'directory';
  const store = inside
    ? storage.uri(storage.join(path, `cairn-test-${randomBytes(8).toString('hex')}`))
    : uri;
  const signal = io.interrupts();
  const writer = await createStore(store, { valueEncoding: 'utf8', partitionBytes: 128 * 1024, signal });
  let complete = false;
  try {
    for (let i = 0; i < ENTRIES; i++) await writer.put(keyOf(i), `value ${i}`);
    await writer.close();
    complete = true;
    const problem = (await findMistake(store)) ?? (await findDamage(store));
    if (problem !== undefined) {
      io.stderr.write(`cairn: failed the test at ${store}: ${problem}\n`);
      return EXIT.corrupt;
    }
  } finally {
    await (complete ? deleteStore(store) : writer.cancel());
  }
  const output = new Output(io.stdout, { optional: true });
  output.write('Passed the test!\n');
  await output.finish();
  return EXIT.ok;
}

function keyOf(i: number): string {
  return `key ${String(i).padStart(8, '0')}`;
}

async function findMistake(store: string): Promise<string | undefined> {
  await using reader = await openStore(store, { valueEncoding: 'utf8' });
  for (let i = 0; i < ENTRIES; i += 97) {
    const value = await reader.get(keyOf(i));
    if (value !== `value ${i}`) return `${keyOf(i)} has the value ${JSON.stringify(value)}`;
  }
  if ((await reader.get('key absent')) !== undefined) return 'an absent key has a value';
  let seen = 0;
  for await (const [key, value] of reader.entries()) {
    if (key !== keyOf(seen) || value !== `value ${seen}`)
      return `entry ${seen} is ${JSON.stringify([key, value])}`;
    seen++;
  }
  if (seen !== ENTRIES) return `${seen} of ${ENTRIES} entries came back`;
  const count = await reader.count({ gte: keyOf(1000), lt: keyOf(3000) });
  return count === 2000 ? undefined : `2000 entries were counted as ${count}`;
}

async function findDamage(store: string): Promise<string | undefined> {
  const { problems } = await verifyStore(store);
  return problems.at(0)?.message;
}
