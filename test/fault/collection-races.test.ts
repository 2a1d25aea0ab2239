import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCollection, sweepCollection, verifyCollection } from '../../src/collection/index.ts';
import '../../src/node/register.ts';
import { type Bundle, bundle } from '../support/bundle.ts';
import { tree } from '../support/storage-tools.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { CollectionJob, CollectionOutcome } from './collection-child.ts';

const COMMITS = 6;

let child: Bundle;
let base: string;
beforeAll(async () => {
  child = await bundle(new URL('./collection-child.ts', import.meta.url));
  base = temporaryDirectory();
}, 120_000);
afterAll(() => {
  child.remove();
  rmSync(base, { recursive: true, force: true });
});

interface Racer {
  readonly ready: Promise<void>;
  readonly outcome: Promise<CollectionOutcome>;
  go(): void;
}

function start(job: CollectionJob): Racer {
  const racer = spawn(process.execPath, [child.file, JSON.stringify(job)]);
  let [said, errors] = ['', ''];
  const ended = new Promise<void>((resolve, reject) => {
    racer.once('error', reject);
    racer.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${job.kind} ended with ${code}: ${errors}`)),
    );
  });
  racer.stderr.on('data', (text) => {
    errors += text;
  });
  const ready = new Promise<void>((resolve, reject) => {
    racer.stdout.on('data', (text) => {
      said += text;
      resolve();
    });
    ended.catch(reject);
  });
  const outcome = ended.then(() => JSON.parse(said.split('\n')[1]) as CollectionOutcome);
  // Both are waited for later.
  ready.catch(() => undefined);
  outcome.catch(() => undefined);
  return { ready, outcome, go: () => racer.stdin.write('go\n') };
}

it('16 processes that commit at once beside two compactors and a reader lose nothing, and double nothing', async () => {
  const uri = `${base}/c`;
  const stop = `${base}/stop`;
  const job = (kind: CollectionJob['kind'], i: number): CollectionJob => {
    const commits = kind === 'compact' || kind === 'read' ? 0 : COMMITS;
    return { uri, kind, name: `${kind}${i}`, commits, stop };
  };
  await (await openCollection(uri)).close();
  const jobs = [
    ...Array.from({ length: 8 }, (_, i) => job('set', i)),
    ...Array.from({ length: 5 }, (_, i) => job('count', i)),
    ...Array.from({ length: 3 }, (_, i) => job('ifVersion', i)),
  ];
  const writers = jobs.map(start);
  const others = [job('compact', 0), job('compact', 1), job('read', 0)].map(start);
  await Promise.all([...writers, ...others].map(({ ready }) => ready));
  for (const racer of [...writers, ...others]) racer.go();
  const outcomes = await Promise.all(writers.map(({ outcome }) => outcome)).finally(() =>
    writeFileSync(stop, ''),
  );
  for (const { rounds } of await Promise.all(others.map(({ outcome }) => outcome)))
    expect(rounds).toBeGreaterThan(0);

  // Each commit has a version of its own, later than those before it of the same process.
  const versions = outcomes.flatMap((one) => one.versions);
  expect(versions.length).toBe(16 * COMMITS);
  expect(new Set(versions).size).toBe(versions.length);
  for (const one of outcomes) expect(one.versions).toEqual([...one.versions].sort((a, b) => a - b));

  const contents = new Map<string, unknown>();
  await using collection = await openCollection<string, unknown>(uri);
  for await (const [key, value] of collection.entries()) contents.set(key, value);
  expect(contents.get('total')).toBe(8 * COMMITS);
  for (const { kind, name } of jobs) {
    if (kind !== 'set') expect(contents.get(`of-${name}`)).toBe(COMMITS);
    else for (let i = 0; i < COMMITS; i++) expect(contents.has(`${name}-${i}`)).toBe(true);
  }
  expect(contents.size).toBe(1 + 8 + 8 * COMMITS);

  // The newest 256 version files stay.
  const newest = collection.version;
  const numbers = (await tree(`${uri}/versions`))
    .map((path) => Number(/^[0-9a-f]{12}-(\d+)\.version$/.exec(path)?.[1] ?? 0))
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
  const [oldest] = numbers;
  expect(oldest).toBeLessThanOrEqual(Math.max(1, newest - 256));
  expect(numbers).toEqual(Array.from({ length: newest - oldest + 1 }, (_, i) => oldest + i));
  expect(await verifyCollection(uri)).toMatchObject({ ok: true });
  await sweepCollection(uri, { olderThanMs: 0 });
  expect(await sweepCollection(uri, { olderThanMs: 0 })).toEqual([]);
}, 180_000);
