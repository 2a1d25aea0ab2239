import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openNamespaces } from '../../src/node/namespace.ts';
import { type Bundle, bundle } from '../support/bundle.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { NamespaceJob, NamespaceOutcome } from './namespace-child.ts';

const PROCESSES = 4;
const KEYS = 15;

let child: Bundle;
let base: string;
beforeAll(async () => {
  child = await bundle(new URL('./namespace-child.ts', import.meta.url));
  base = temporaryDirectory();
}, 120_000);
afterAll(() => {
  child.remove();
  rmSync(base, { recursive: true, force: true });
});

function start(job: NamespaceJob): {
  readonly ready: Promise<void>;
  readonly outcome: Promise<NamespaceOutcome>;
  go(): void;
} {
  const racer = spawn(process.execPath, [child.file, JSON.stringify(job)]);
  let [said, errors] = ['', ''];
  racer.stderr.on('data', (text) => {
    errors += text;
  });
  const ready = new Promise<void>((resolve) => {
    racer.stdout.on('data', (text) => {
      said += text;
      resolve();
    });
  });
  const outcome = new Promise<NamespaceOutcome>((resolve, reject) => {
    racer.once('error', reject);
    racer.once('close', (code) =>
      code === 0 ? resolve(JSON.parse(said.split('\n')[1])) : reject(new Error(`${code}: ${errors}`)),
    );
  });
  return {
    ready: Promise.race([ready, outcome.then(() => undefined)]),
    outcome,
    go: () => racer.stdin.write('go\n'),
  };
}

it('processes that set the same keys at once agree who was first, and count every set', async () => {
  const root = `${base}/kv`;
  const racers = Array.from({ length: PROCESSES }, (_, i) => start({ root, name: `p${i}`, keys: KEYS }));
  await Promise.all(racers.map(({ ready }) => ready));
  for (const { go } of racers) go();
  const outcomes = await Promise.all(racers.map(({ outcome }) => outcome));
  expect(outcomes.flatMap(({ errors }) => errors)).toEqual([]);
  const namespaces = await openNamespaces(root);
  const ns = namespaces.namespace('race');
  const won = outcomes.flatMap(({ won: keys }, i) => keys.map((key) => [key, `p${i}`]));
  expect(won.map(([key]) => key).sort()).toEqual(Array.from({ length: KEYS }, (_, i) => `k${i}`).sort());
  for (const [key, winner] of won) expect(await ns.get(key)).toBe(winner);
  const revisions = outcomes.flatMap((one) => one.revisions).sort((a, b) => a - b);
  expect(revisions).toEqual(Array.from({ length: PROCESSES * KEYS }, (_, i) => i + 1));
  for (const { revisions: own } of outcomes) expect([...own].sort((a, b) => a - b)).toEqual(own);
  for (let p = 0; p < PROCESSES; p++)
    for (let i = 0; i < KEYS; i++) expect(await ns.get(`p${p}-${i}`)).toBe(i);
  await namespaces.close();
}, 60_000);
