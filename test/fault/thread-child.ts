// The code of one of many threads that write one store: each writes entries of its own, waits until all others have, too,
// and closes. It tells what came of it.

import { parentPort, workerData } from 'node:worker_threads';
import { isCairnError } from '../../src/errors.ts';
import { createStore } from '../../src/node/index.ts';
import { numbered, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';

/** What a thread is to do. */
export interface ThreadJob {
  readonly uri: string;
  /** Stands in the keys that it writes. */
  readonly number: number;
  readonly buildId?: string;
  /** One integer: threads wait for as long as it is 0. */
  readonly gate: SharedArrayBuffer;
}

/** What a thread tells: that it would close now, and what came of all. */
export type ThreadMessage = 'ready' | { readonly number: number; readonly outcome: string };

const { uri, number, buildId, gate } = workerData as ThreadJob;
const say = (message: ThreadMessage): void => parentPort?.postMessage(message);

try {
  const options = buildId === undefined ? SMALL_PARTITIONS : { ...SMALL_PARTITIONS, buildId };
  const writer = await createStore(uri, { ...TEXT, ...options });
  await writer.putAll(numbered(9, `k${number}-`, 300));
  say('ready');
  Atomics.wait(new Int32Array(gate), 0, 0);
  await writer.close();
  say({ number, outcome: 'done' });
} catch (error) {
  say('ready');
  say({ number, outcome: isCairnError(error) ? error.code : String(error) });
}
