import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { beforeEach, describe, expect, it } from 'vitest';
import { renameIf, renameUnlessTaken } from '../../src/node/claimed-rename.ts';
import { failure } from '../support/failures.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const A = 'aaaaaaaaaaaaaaaa';
const B = 'bbbbbbbbbbbbbbbb';
const QUICK = { staleMs: 30, pollMs: 1 };
let root: string;
let file: string;
let claim: string;
beforeEach(() => {
  root = temporaryDirectory();
  file = `${root}/MANIFEST.json`;
  claim = `${file}.claim.tmp`;
  return () => rmSync(root, { recursive: true });
});

/** Writes the temporary file of a writer. */
function temporary(id: string): string {
  const path = `${file}.${id}.tmp`;
  writeFileSync(path, id);
  return path;
}

/** Makes the claim of a writer that was killed. */
function left(): void {
  writeFileSync(claim, '');
  utimesSync(claim, new Date(0), new Date(0));
}

describe('renaming under a claim', () => {
  it('gives one of many the name, with its contents, and leaves no claim', async () => {
    const ids = Array.from({ length: 30 }, (_, i) => `${i}`.padStart(16, '0'));
    const outcomes = await Promise.all(ids.map((id) => renameUnlessTaken(temporary(id), file)));
    expect(outcomes.filter((won) => won).length).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe(ids[outcomes.indexOf(true)]);
    expect(existsSync(claim)).toBe(false);
  });

  it('replaces nothing, also where a claim lies beside what is there', async () => {
    writeFileSync(file, 'theirs');
    expect(await renameUnlessTaken(temporary(A), file)).toBe(false);
    left();
    expect(await renameUnlessTaken(temporary(A), file)).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe('theirs');
  });

  it('waits for the end of a claim that is young', async () => {
    writeFileSync(claim, '');
    const outcome = renameUnlessTaken(temporary(A), file, { staleMs: 60_000, pollMs: 1 });
    setTimeout(() => rmSync(claim), 20);
    expect(await outcome).toBe(true);
    writeFileSync(claim, '');
    rmSync(file);
    const late = renameUnlessTaken(temporary(B), file, { staleMs: 60_000, pollMs: 1 });
    setTimeout(() => writeFileSync(file, 'theirs'), 20);
    expect(await late).toBe(false);
  });

  it('takes over the claim of a killed writer: at once if it is old, else when it has been watched', async () => {
    left();
    expect(await renameUnlessTaken(temporary(A), file)).toBe(true);
    expect(readdirSync(root)).toEqual(['MANIFEST.json']);
    rmSync(file);
    writeFileSync(claim, '');
    expect(await renameUnlessTaken(temporary(B), file, QUICK)).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(B);
    expect(readdirSync(root)).toEqual(['MANIFEST.json']);
  });

  it('takes from a writer that is taken for dead what it could still rename, and nothing else', async () => {
    const slow = temporary(A);
    writeFileSync(`${file}.notes.tmp`, 'precious');
    left();
    expect(await renameUnlessTaken(temporary(B), file)).toBe(true);
    expect(existsSync(slow)).toBe(false);
    expect(existsSync(`${file}.notes.tmp`)).toBe(true);
    // It wakes up: whether it holds the claim or not, it has lost.
    expect(await renameUnlessTaken(slow, file)).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe(B);
  });

  it('says so where the temporary file is gone and nothing was made', async () => {
    const error = await failure(renameUnlessTaken(`${file}.${A}.tmp`, file), 'CONFLICT');
    expect(error.message).toContain('Write the store again');
    expect(existsSync(file)).toBe(false);
  });
});

describe('renaming over a file under a claim', () => {
  const accept = (): void => undefined;

  it('lets each of many look at what the one before has put there, and leaves no claim', async () => {
    writeFileSync(file, '');
    const ids = Array.from({ length: 20 }, (_, i) => `${i}`.padStart(16, '0'));
    const seen: string[] = [];
    const note = (current: Uint8Array): void => void seen.push(Buffer.from(current).toString());
    await Promise.all(ids.map((id) => renameIf(temporary(id), file, note, { staleMs: 60_000, pollMs: 1 })));
    expect([...seen, readFileSync(file, 'utf8')].sort()).toEqual(['', ...ids].sort());
    expect(new Set(seen).size).toBe(ids.length);
    expect(readdirSync(root)).toEqual(['MANIFEST.json']);
  });

  it('replaces nothing that is refused, and makes nothing where nothing is', async () => {
    await failure(renameIf(temporary(A), file, accept), 'NOT_FOUND');
    writeFileSync(file, 'theirs');
    const refusal = new Error('refused');
    const refuse = (): never => {
      throw refusal;
    };
    await expect(renameIf(temporary(A), file, refuse)).rejects.toBe(refusal);
    expect(readFileSync(file, 'utf8')).toBe('theirs');
    expect(existsSync(claim)).toBe(false);
  });

  it('takes over the claim of a process that is gone at once, of one that lives when it is old', async () => {
    writeFileSync(file, 'old');
    // It would be waited for without end if it were taken for one that lives.
    const patient = { staleMs: Number.POSITIVE_INFINITY, pollMs: 1 };
    writeFileSync(claim, `${hostname()} ${spawnSync(process.execPath, ['-e', '']).pid}\n`);
    await renameIf(temporary(A), file, accept, patient);
    expect(readFileSync(file, 'utf8')).toBe(A);
    writeFileSync(claim, `${hostname()} ${process.pid}\n`);
    const waiting = renameIf(temporary(B), file, accept, patient);
    setTimeout(() => rmSync(claim), 20);
    await waiting;
    expect(readFileSync(file, 'utf8')).toBe(B);
    writeFileSync(claim, `elsewhere ${spawnSync(process.execPath, ['-e', '']).pid}\n`);
    await renameIf(temporary(A), file, accept, QUICK);
    expect(readdirSync(root)).toEqual(['MANIFEST.json']);
  });

  it('says so where the temporary file is gone', async () => {
    writeFileSync(file, 'theirs');
    await failure(renameIf(`${file}.${A}.tmp`, file, accept), 'CONFLICT');
    expect(readFileSync(file, 'utf8')).toBe('theirs');
  });
});
