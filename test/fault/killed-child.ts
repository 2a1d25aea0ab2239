// Commits to a collection until it is killed, or as often as it is told. Before each commit it notes what it begins, and
// afterwards the version that was answered.

import '../../src/node/register.ts';
import { appendFileSync, readFileSync } from 'node:fs';
import { type Collection, openCollection } from '../../src/collection/index.ts';
import { isCairnError } from '../../src/errors.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { type KilledJob, type KilledLine, WIDE } from './killed-job.ts';

type Numbers = Collection<string, number | string>;

const job = JSON.parse(process.argv[2]) as KilledJob;
const { name, log } = job;
const random = new SeededRandom(job.seed);

const note = (line: KilledLine): void => appendFileSync(log, `${JSON.stringify(line)}\n`);
const keyOf = (number: number): string => `${name}/${number}`;

async function commit(collection: Numbers, number: number): Promise<number> {
  const key = keyOf(number);
  const dice = random.below(10);
  if (dice < 4) {
    note({ begins: number, kind: 'small' });
    return (await collection.set(key, number)).version;
  }
  if (dice < 6) {
    note({ begins: number, kind: 'wide' });
    return (await collection.set(key, WIDE)).version;
  }
  if (dice < 8) {
    // An earlier change of its own is taken back by the same commit.
    const deletes = random.below(number + 1);
    note({ begins: number, kind: 'list', deletes });
    return (await collection.commit([{ delete: keyOf(deletes) }, { set: [key, number] }])).version;
  }
  note({ begins: number, kind: 'count' });
  const { version } = await collection.commit(
    async (tx) => {
      for (const counter of ['total', `of-${name}`])
        await tx.set(counter, (((await tx.get(counter)) as number | undefined) ?? 0) + 1);
      await tx.set(key, number);
    },
    { retries: 10_000 },
  );
  return version;
}

let number = readFileSync(log, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('{"begins"')).length;
let answered = 0;
while (job.commits === 0 || answered < job.commits) {
  await using collection: Numbers = await openCollection<string, number | string>(job.uri);
  for (let left = 1 + random.below(12); left > 0 && (job.commits === 0 || answered < job.commits); left--) {
    const version = await commit(collection, number);
    note({ answered: number, version });
    number++;
    answered++;
  }
  if (!random.oneIn(3)) continue;
  await collection.compact({ full: random.oneIn(2) }).catch((error: unknown) => {
    // The others were first again and again.
    if (!isCairnError(error, 'CONFLICT')) throw error;
  });
}
