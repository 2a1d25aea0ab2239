// Uses stores until there are no descriptors left, and again when there are; prints what it met.

import { isCairnError } from '../../src/errors.ts';
import { createStore, openStore, type StoreReader, type StoreWriter } from '../../src/node/index.ts';
import { fill, numbered, readAll, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';

const [root] = process.argv.slice(2);
const PAIRS = numbered(9, 'k', 300);

interface Met {
  readonly code: string;
  readonly transient: boolean;
  readonly message: string;
}

function met(error: unknown): Met {
  if (!isCairnError(error, 'IO')) throw error;
  const { code, transient, message } = error;
  return { code, transient: transient === true, message };
}

await fill(`${root}/s`, PAIRS, SMALL_PARTITIONS);

const readers: StoreReader<string, string>[] = [];
let reading: Met | undefined;
while (reading === undefined) {
  try {
    readers.push(await openStore(`${root}/s`, TEXT));
  } catch (error) {
    reading = met(error);
  }
}
// Those that are open go on; and there is no descriptor for anything else.
let answers = 0;
for (const reader of readers) if ((await reader.get('k00004')) === PAIRS[4][1]) answers++;
const creating = await fill(`${root}/t`, PAIRS, SMALL_PARTITIONS).then(() => undefined, met);
await Promise.all(readers.map((reader) => reader.close()));
const again = (await readAll(`${root}/s`)).length;

const writers: StoreWriter<string, string>[] = [];
const failed: StoreWriter<string, string>[] = [];
let writing: Met | undefined;
for (let i = 0; writing === undefined; i++) {
  const writer = await createStore(`${root}/w${i}`, { ...TEXT, ...SMALL_PARTITIONS }).catch(
    (error: unknown) => {
      writing = met(error);
    },
  );
  if (writer === undefined) break;
  try {
    await writer.put(...PAIRS[0]);
    writers.push(writer);
  } catch (error) {
    writing = met(error);
    failed.push(writer);
  }
}
// What was refused can be put when others have ended.
const first = writers.splice(0, 3);
for (const writer of first) await writer.close();
for (const writer of failed) await writer.cancel();
let whole = 0;
for (const writer of writers) {
  await writer.putAll(PAIRS.slice(1));
  await writer.close();
  whole++;
}
await fill(`${root}/t`, PAIRS, SMALL_PARTITIONS);
const verified = (await readAll(`${root}/t`)).length;
process.stdout.write(
  `${JSON.stringify({ readers: readers.length, reading, answers, creating, again, writing, whole, verified })}\n`,
);
