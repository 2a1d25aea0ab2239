import { writeSync } from 'node:fs';
import { hostileOf, readHostileOf } from './hostile-seed.ts';
import { regressFile } from './regress-file.ts';

// A process of `fixtures/fuzz.mjs`: reads one hostile store or collection after the other, and says when each is done. With a
// fourth argument it only tells what the first of them is.
const [from, count, describe] = process.argv.slice(2);
const first = Number(from);
if (describe !== undefined) {
  writeSync(1, `${JSON.stringify(regressFile(hostileOf(first), describe))}\n`);
} else {
  for (let seed = first; seed < first + Number(count); seed++) {
    const store = hostileOf(seed);
    try {
      const { verified } = await readHostileOf(store, seed);
      writeSync(1, `${seed} ${verified ? 'verified' : 'refused'}\n`);
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      writeSync(1, `${seed} found ${JSON.stringify(regressFile(store, found))}\n`);
    }
  }
}
