// One of several processes that write to the same namespaces at once: it says that it is ready, waits for a line, does its
// work, and tells what came of it.

import { isCairnError } from '../../src/errors.ts';
import { openNamespaces } from '../../src/node/namespace.ts';

/** What a process is to do. */
export interface NamespaceJob {
  readonly root: string;
  readonly name: string;
  /** How many keys are fought for, and how often a shared key is set. */
  readonly keys: number;
}

/** What came of it. */
export interface NamespaceOutcome {
  /** The keys that this process set and no other. */
  readonly won: readonly string[];
  /** The revisions that its sets of the shared key were answered with. */
  readonly revisions: readonly number[];
  /** Codes of other errors than that a key is there. */
  readonly errors: readonly string[];
}

const job = JSON.parse(process.argv[2]) as NamespaceJob;
const namespaces = await openNamespaces(job.root);
const ns = namespaces.namespace('race');
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));

const won: string[] = [];
const revisions: number[] = [];
const errors: string[] = [];
const attempt = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (!isCairnError(error, 'ALREADY_EXISTS')) errors.push(String(error));
  }
};
for (let i = 0; i < job.keys; i++) {
  const key = `k${i}`;
  await Promise.all([
    attempt(async () => {
      await ns.set(key, job.name, { overwrite: false });
      won.push(key);
    }),
    attempt(async () => {
      revisions.push((await ns.set('shared', job.name)).revision);
    }),
    attempt(async () => {
      await ns.set(`${job.name}-${i}`, i);
    }),
  ]);
}
process.stdout.write(`${JSON.stringify({ won, revisions, errors } satisfies NamespaceOutcome)}\n`);
// Closes nothing: a program that forgets to ends by itself.
process.stdin.unref();
