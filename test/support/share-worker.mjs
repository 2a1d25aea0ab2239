// A thread that opens a shared store, asks for all of it in an order of its own, and posts what differs from what it expects.
import { parentPort, workerData } from 'node:worker_threads';
import { isCairnError, openStore } from 'cairnkv';

const { handle, count, seed, gate } = workerData;
const keyOf = (i) => `key-${String(i).padStart(6, '0')}`;

/** As the test wrote it. */
function isValueOf(i, value) {
  if (value === undefined || value.length !== 20 + (i % 3000)) return false;
  for (let at = 0; at < value.length; at++) if (value[at] !== ((i * 7 + at) & 0xff)) return false;
  return true;
}

const order = Array.from({ length: count }, (_, i) => i);
let state = seed + 1;
for (let i = count - 1; i > 0; i--) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  const j = state % (i + 1);
  [order[i], order[j]] = [order[j], order[i]];
}

const store = await openStore(handle);
// All threads begin at once.
Atomics.add(gate, 0, 1);
Atomics.notify(gate, 0);
for (let seen = Atomics.load(gate, 0); seen < gate[1]; seen = Atomics.load(gate, 0))
  Atomics.wait(gate, 0, seen);

const wrong = [];
const damaged = [];
for (let n = 0; n < count; n++) {
  const i = order[n];
  try {
    // By every way that brings blocks: one at a time, waiting, in batches, and by scans.
    const key = keyOf(i);
    let value;
    if (n % 64 === 0) value = await store.get(key);
    else if (n % 64 === 1) [value] = store.getManySync([key, keyOf(order[0])]);
    else if (n % 64 === 2) value = [...store.entriesSync({ gte: key, limit: 20 })][0]?.[1];
    else value = store.getSync(key);
    if (!isValueOf(i, value)) wrong.push(i);
  } catch (error) {
    if (!isCairnError(error, 'CORRUPTION')) throw error;
    damaged.push(error.section);
  }
}
parentPort.postMessage({ wrong, damaged: [...new Set(damaged)].sort(), bytes: store.stats().bytes });
await store.close();
