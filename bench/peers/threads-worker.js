/** One of the threads of threads.js: says when it is ready, runs when it is asked to, and ends when it is asked to. */

import { parentPort, workerData } from 'node:worker_threads';
import { LookupThread } from './lookup-thread.js';

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const thread = await LookupThread.open(workerData.task, workerData.store, workerData.keys);
thread.warmUp();
port.on('message', async (/** @type {'run' | 'close'} */ wish) => {
  if (wish === 'run') {
    const tally = thread.run();
    globalThis.gc?.();
    port.postMessage(tally);
    return;
  }
  await thread.close();
  port.close();
});
port.postMessage('ready');
