import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { storeInfo, verifyStore } from '../../src/node/index.ts';
import { type Bundle, bundle } from '../support/bundle.ts';
import { tree } from '../support/storage-tools.ts';
import { numbered, readAll } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { ThreadJob, ThreadMessage } from './thread-child.ts';

const WRITERS = 50;

let child: Bundle;
let base: string;
beforeAll(async () => {
  child = await bundle(new URL('./thread-child.ts', import.meta.url));
  base = temporaryDirectory();
});
afterAll(() => {
  child.remove();
  rmSync(base, { recursive: true, force: true });
});

/** Lets threads write one store, and close it when all are there; what came of each. */
async function race(uri: string, buildId?: string): Promise<string[]> {
  const gate = new SharedArrayBuffer(4);
  const outcomes: string[] = [];
  let ready = 0;
  const threads = Array.from({ length: WRITERS }, (_, number) => {
    const workerData: ThreadJob = { uri, number, gate, ...(buildId === undefined ? {} : { buildId }) };
    return new Worker(child.file, { workerData });
  });
  await Promise.all(
    threads.map(
      (thread) =>
        new Promise<void>((resolve, reject) => {
          thread.on('error', reject);
          thread.on('exit', () => resolve());
          thread.on('message', (message: ThreadMessage) => {
            if (message !== 'ready') outcomes[message.number] = message.outcome;
            else if (++ready === WRITERS) {
              Atomics.store(new Int32Array(gate), 0, 1);
              Atomics.notify(new Int32Array(gate), 0);
            }
          });
        }),
    ),
  );
  return outcomes;
}

it.each([
  ['under names of their own', undefined, ['ALREADY_EXISTS']],
  ['under one `buildId`', 'nightly', ['ALREADY_EXISTS', 'CONFLICT']],
])(
  'case 16: of fifty threads that write one store %s one wins, and it is whole',
  {
    timeout: 120_000,
  },
  async (_, buildId, refusals) => {
    const uri = `${base}/${buildId}`;
    const outcomes = await race(uri, buildId);
    expect(outcomes).toHaveLength(WRITERS);
    const winners = outcomes.flatMap((outcome, number) => (outcome === 'done' ? [number] : []));
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes) expect(['done', ...refusals]).toContain(outcome);
    expect(await readAll(uri)).toEqual(numbered(9, `k${winners[0]}-`, 300));
    expect(await verifyStore(uri)).toMatchObject({ ok: true });
    // Nothing of the others is left.
    const { partitions } = await storeInfo(uri);
    expect((await tree(uri)).sort()).toEqual(
      ['MANIFEST.json', 'data/', ...partitions.map(({ name }) => `data/${name}`)].sort(),
    );
  },
);
