import * as fs from 'node:fs';
import * as path from 'node:path';
import { CairnError } from '../errors.ts';
import { temporariesOf } from '../store/manifest/orphan-files.ts';
import { attempt, errnoOf, fileError } from './file-error.ts';

/** When the claim of another writer is taken over. */
export interface ClaimTimes {
  /** How long a writer may take between its claim and its rename, two calls that follow each other, in milliseconds. */
  readonly staleMs: number;
  /** How often a claim is looked at. */
  readonly pollMs: number;
}

const TIMES: ClaimTimes = { staleMs: 10_000, pollMs: 10 };

/**
 * Renames a temporary file to a name that nothing has, for file systems without hard links. Returns false if the name is
 * taken.
 *
 * A rename replaces what is there. So a writer first claims the name, by making the file `name.claim.tmp` exclusively; only
 * the one that holds the claim looks whether the name is free, renames, and removes the claim. The file appears whole, as it
 * does by a link. A claim that a killed writer left is taken over when it is old: by removing the temporary files of all
 * others first, so that none of them can rename any more, whenever it wakes up.
 *
 * @throws {CairnError} `CONFLICT` if another writer, or a sweep, took the temporary file away and made nothing; `IO`.
 */
export async function renameUnlessTaken(
  temporary: string,
  file: string,
  { staleMs, pollMs }: ClaimTimes = TIMES,
): Promise<boolean> {
  const claim = `${file}.claim.tmp`;
  for (let waitedMs = 0; !(await make(claim)); waitedMs += pollMs) {
    if ((await modifiedMs(file)) !== undefined) return false;
    if (waitedMs >= staleMs || (await isOlder(claim, temporary, staleMs))) {
      await removeOthers(temporary, file, claim);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const isTaken = (await modifiedMs(file)) !== undefined;
  if (!isTaken) {
    try {
      await fs.promises.rename(temporary, file);
    } catch (error) {
      // The claim may be another's by now: it is left, and grows old.
      if (errnoOf(error) !== 'ENOENT') throw fileError(error, 'rename', file);
      if ((await modifiedMs(file)) !== undefined) return false;
      throw new CairnError(
        'CONFLICT',
        `${temporary} was removed before it could become ${path.basename(file)}: by a sweep, a deletion, or another ` +
          'writer that took this one for dead. Write the store again',
        { uri: file, cause: error },
      );
    }
  }
  // The outcome is settled: sweep finds the claim if it stays.
  await fs.promises.rm(claim, { force: true }).catch(() => undefined);
  return !isTaken;
}

/** Makes a file of no bytes; returns false if it is there. */
async function make(file: string): Promise<boolean> {
  try {
    const handle = await fs.promises.open(file, 'wx');
    await handle.close().catch(() => undefined);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw fileError(error, 'create', file);
  }
}

/** When a file was changed; undefined if there is none. */
async function modifiedMs(file: string): Promise<number | undefined> {
  try {
    return (await fs.promises.stat(file)).mtimeMs;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileError(error, 'stat', file);
  }
}

/** Compares times of one file system, whose clock need not be that of this machine. */
async function isOlder(claim: string, temporary: string, byMs: number): Promise<boolean> {
  const [claimed, written] = [await modifiedMs(claim), await modifiedMs(temporary)];
  return claimed !== undefined && written !== undefined && written - claimed >= byMs;
}

async function removeOthers(temporary: string, file: string, claim: string): Promise<void> {
  const { dir, base } = path.parse(file);
  const pattern = temporariesOf(base);
  for (const name of await attempt('readdir', dir, fs.promises.readdir(dir))) {
    const other = path.join(dir, name);
    if (!pattern.test(name) || other === temporary || other === claim) continue;
    await attempt('unlink', other, fs.promises.rm(other, { force: true }));
  }
}
