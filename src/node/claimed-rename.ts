import * as fs from 'node:fs';
import { hostname } from 'node:os';
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
 * does by a link. A claim that a killed writer left is taken over, at once if it was made by a process of this machine that
 * is gone, else when it is old: by removing the temporary files of all others first, so that none of them can rename any
 * more, whenever it wakes up.
 *
 * @throws {CairnError} `CONFLICT` if another writer, or a sweep, took the temporary file away and made nothing; `IO`.
 */
export async function renameUnlessTaken(
  temporary: string,
  file: string,
  times: ClaimTimes = TIMES,
): Promise<boolean> {
  const isThere = async (): Promise<boolean> => (await modifiedMs(file)) !== undefined;
  const claim = await claimName(temporary, file, times, isThere);
  if (claim === undefined) return false;
  const isTaken = await isThere();
  if (!isTaken) {
    try {
      await fs.promises.rename(temporary, file);
    } catch (error) {
      // The claim may be another's by now: it is left, and grows old.
      if (errnoOf(error) !== 'ENOENT') throw fileError(error, 'rename', file);
      if (await isThere()) return false;
      throw removed(temporary, file, error);
    }
  }
  await release(claim);
  return !isTaken;
}

/**
 * Renames a temporary file to the name of another, if that one may be replaced. Of writers that do so at once, each looks at
 * what the one before it has put there: they claim the name as {@link renameUnlessTaken} does.
 *
 * @param check is called with the bytes that are there, and throws unless they may be replaced.
 * @throws {CairnError} `CONFLICT` as {@link renameUnlessTaken} does, `NOT_FOUND`, `IO`; what `check` throws.
 */
export async function renameIf(
  temporary: string,
  file: string,
  check: (current: Uint8Array) => void,
  times: ClaimTimes = TIMES,
): Promise<void> {
  const claim = (await claimName(temporary, file, times, async () => false)) as string;
  try {
    check(await attempt('read', file, fs.promises.readFile(file)));
  } catch (error) {
    await release(claim);
    throw error;
  }
  try {
    await fs.promises.rename(temporary, file);
  } catch (error) {
    // The claim is another's by now.
    if (errnoOf(error) === 'ENOENT') throw removed(temporary, file, error);
    await release(claim);
    throw fileError(error, 'rename', file);
  }
  await release(claim);
}

/**
 * Claims a name, and returns the path of the claim; or undefined as soon as `isSettled` says that there is nothing more to
 * do.
 */
async function claimName(
  temporary: string,
  file: string,
  { staleMs, pollMs }: ClaimTimes,
  isSettled: () => Promise<boolean>,
): Promise<string | undefined> {
  const claim = `${file}.claim.tmp`;
  for (let waitedMs = 0; !(await make(claim)); waitedMs += pollMs) {
    if (await isSettled()) return undefined;
    if (waitedMs >= staleMs || (await isAbandoned(claim)) || (await isOlder(claim, temporary, staleMs))) {
      await removeOthers(temporary, file, claim);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return claim;
}

/** Removes a claim. The outcome is settled: sweep finds the claim if it stays. */
async function release(claim: string): Promise<void> {
  await fs.promises.rm(claim, { force: true }).catch(() => undefined);
}

function removed(temporary: string, file: string, cause: unknown): CairnError {
  return new CairnError(
    'CONFLICT',
    `${temporary} was removed before it could become ${path.basename(file)}: by a sweep, a deletion, or another ` +
      'writer that took this one for dead. Write the store again',
    { uri: file, cause },
  );
}

/** Makes a file that names this process; returns false if it is there. */
async function make(file: string): Promise<boolean> {
  try {
    const handle = await fs.promises.open(file, 'wx');
    // Without its holder's name a claim is taken over when it is old.
    await handle.writeFile(holder(process.pid)).catch(() => undefined);
    await handle.close().catch(() => undefined);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw fileError(error, 'create', file);
  }
}

function holder(pid: number): string {
  return `${hostname()} ${pid}\n`;
}

/** Whether a claim was made by a process of this machine that is gone. */
async function isAbandoned(claim: string): Promise<boolean> {
  const text = await fs.promises.readFile(claim, 'utf8').catch(() => '');
  const pid = Number(/ (\d+)\n$/.exec(text)?.[1] ?? Number.NaN);
  if (text !== holder(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // Another user's process is there, too.
    return errnoOf(error) === 'ESRCH';
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
