// First, before the library takes hold of the functions that it replaces.
import '../support/fs-hooks.ts';

import { mkdirSync } from 'node:fs';
import { expect } from 'vitest';
import { MemoryStorage, memoryScheme } from '../../src/io/memory.ts';
import { registerStorage } from '../../src/io/uri.ts';
import { CrashDisk, type Remains, seededRandom } from '../support/crash-disk.ts';
import { type FsChange, setFsListener } from '../support/fs-hooks.ts';

/** Power cuts after each change: each leaves another part of what was not synced. */
const CUTS = Number(process.env.CAIRNKV_POWER_CUTS ?? 8);

/** A piece of work, and what may be left of it when the power is cut. */
export interface PowerCut {
  /** What is on the disk long before. */
  readonly prepare?: (root: string) => Promise<unknown>;
  /** What a process did that was killed before it synced anything. */
  readonly before?: (root: string) => Promise<unknown>;
  /** Calls `answered` after each of its steps. */
  readonly attempt: (root: string, answered: () => void) => Promise<unknown>;
  /** Looks at what a power cut left; `done` if the attempt had ended by then, after so many steps that were answered. */
  readonly check: (root: string, done: boolean, answered: number) => Promise<void>;
}

/**
 * Notes what an attempt does to a disk, and cuts the power after each single change, each time in several ways.
 *
 * @param root a directory to be made.
 */
export async function cutEverywhere(
  root: string,
  { prepare, before, attempt, check }: PowerCut,
): Promise<void> {
  mkdirSync(root);
  const disk = new CrashDisk(root);
  const changes: FsChange[] = [];
  setFsListener((change) => changes.push(change), root);
  await prepare?.(root);
  for (const change of changes.splice(0)) disk.apply(change);
  disk.settle();
  await before?.(root);
  for (const change of changes.splice(0)) if (!change.operation.startsWith('sync')) disk.apply(change);
  const answers: number[] = [];
  await attempt(root, () => answers.push(changes.length));
  setFsListener();
  expect(changes.length).toBeGreaterThan(3);
  for (let i = 0; i <= changes.length; i++) {
    if (i > 0) disk.apply(changes[i - 1]);
    for (let cut = 0; cut < CUTS; cut++) {
      const seed = i * 1000 + cut;
      const remains = disk.afterPowerCut(seededRandom(seed));
      try {
        const answered = answers.filter((at) => at <= i).length;
        await check(await restore(remains), i === changes.length, answered);
      } catch (error) {
        const last = changes
          .slice(Math.max(0, i - 4), i)
          .map(({ operation, path }) => `${operation} ${path}`);
        throw new Error(
          `after change ${i} of ${changes.length} (… ${last.join(', ')}), seed ${seed}, ` +
            `left: ${[...remains.keys()].join(' ')}: ${(error as Error).message}`,
          { cause: error },
        );
      }
    }
  }
}

/** Puts what is left where it can be looked at: into a fresh storage in memory. */
async function restore(remains: Remains): Promise<string> {
  const storage = new MemoryStorage(() => 0);
  registerStorage({ ...memoryScheme(storage), storage: Object.assign(storage, { scheme: 'cut' }) });
  await storage.makeDirectory('root');
  for (const [path, bytes] of remains) {
    if (bytes === undefined) await storage.makeDirectory(`root/${path}`);
    else await storage.replace(`root/${path}`, bytes);
  }
  return 'cut:root';
}
