import { existsSync, rmSync } from 'node:fs';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { damage, importDamageable } from '../support/damageable-store.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { COMMANDS, cairn, must, type Outcome } from '../support/run-cairn.ts';

const at = directoryPerTest();
/** The damaged file. */
let partition = '';
/** All of a store. */
let split = '';

const LINES = Array.from({ length: 6000 }, (_, i) => `k${String(i).padStart(5, '0')}\tvalue of ${i}\n`).join(
  '',
);

/** Whose reader takes this many bytes and closes. */
function leaving(bytes: number): Writable {
  let taken = 0;
  return new Writable({
    highWaterMark: 1000,
    write(piece: Buffer, _encoding, done) {
      taken += piece.length;
      done(taken > bytes ? Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }) : null);
    },
  });
}

interface Trial {
  readonly argv: () => readonly string[];
  readonly stdin?: string;
  /** The exit code, whenever the reader leaves. */
  readonly code: number;
  /** What holds after it. */
  readonly afterwards?: () => unknown;
}

const there = (name: string) => (): void => expect(existsSync(at(name))).toBe(true);
const count = (name: string, entries: number) => async (): Promise<void> => {
  expect((await must(['count', at(name)])).out).toBe(`${entries}\n`);
};

/** What each command ends with: those with work or a verdict with that, those that only print with 0. */
const TRIALS: Readonly<Record<string, readonly Trial[]>> = {
  import: [
    { argv: () => ['import', at('new'), '-v'], stdin: LINES, code: 0, afterwards: count('new', 6000) },
    { argv: () => ['import', at('new'), '--json'], stdin: LINES, code: 0, afterwards: count('new', 6000) },
    { argv: () => ['import', at('new'), '-v'], stdin: `${LINES}a\t1\n`, code: 2 },
  ],
  produce: [
    { argv: () => ['produce', at('new'), '-v'], stdin: LINES, code: 0, afterwards: count('new', 6000) },
    { argv: () => ['produce', at('new'), '-v', '--strict', '--key-separator', '|'], stdin: LINES, code: 2 },
  ],
  merge: [
    {
      argv: () => ['merge', at('a'), at('b'), at('new'), '--json', '--on-duplicate', 'first'],
      code: 0,
      afterwards: there('new'),
    },
  ],
  copy: [{ argv: () => ['copy', at('a'), at('new'), '--json'], code: 0, afterwards: there('new') }],
  salvage: [
    { argv: () => ['salvage', at('a'), at('new')], code: 0, afterwards: there('new') },
    { argv: () => ['salvage', at('damaged'), at('new')], code: 3, afterwards: there('new') },
    { argv: () => ['salvage', at('damaged'), at('new'), '--json'], code: 3, afterwards: there('new') },
  ],
  verify: [
    { argv: () => ['verify', at('a')], code: 0 },
    { argv: () => ['verify', at('damaged')], code: 3 },
    { argv: () => ['verify', at('damaged'), '--json'], code: 3 },
  ],
  inspect: [
    { argv: () => ['inspect', at('a/MANIFEST.json')], code: 0 },
    { argv: () => ['inspect', partition, '--json'], code: 3 },
    { argv: () => ['inspect', partition], code: 3 },
  ],
  diff: [
    { argv: () => ['diff', at('a'), at('a')], code: 0 },
    { argv: () => ['diff', at('a'), at('b')], code: 1 },
    { argv: () => ['diff', at('a'), at('b'), '--json'], code: 1 },
  ],
  get: [
    { argv: () => ['get', at('a'), 'k00001'], code: 0 },
    { argv: () => ['get', at('a'), 'k00001', 'nosuch'], code: 1 },
    { argv: () => ['get', at('a'), 'nosuch', 'k00001', '--json'], code: 1 },
  ],
  floor: [
    { argv: () => ['floor', at('a'), 'k00001'], code: 0 },
    { argv: () => ['floor', at('a'), 'a'], code: 1 },
  ],
  sweep: [{ argv: () => ['sweep', at('.')], code: 0 }],
  test: [{ argv: () => ['test', at('.')], code: 0 }],
  rename: [{ argv: () => ['rename', at('a'), at('new')], code: 0, afterwards: there('new') }],
  delete: [{ argv: () => ['delete', at('a')], code: 0 }],
  scan: [
    { argv: () => ['scan', at('a')], code: 0 },
    { argv: () => ['scan', at('a'), '--keys'], code: 0 },
  ],
  export: [
    { argv: () => ['export', at('a'), '--format', 'json'], code: 0 },
    { argv: () => ['export', at('a'), '-o', at('new')], code: 0, afterwards: there('new') },
  ],
  ceiling: [{ argv: () => ['ceiling', at('a'), 'k'], code: 0 }],
  first: [{ argv: () => ['first', at('a')], code: 0 }],
  last: [{ argv: () => ['last', at('a')], code: 0 }],
  rank: [{ argv: () => ['rank', at('a'), 'k'], code: 0 }],
  at: [{ argv: () => ['at', at('a'), '0'], code: 0 }],
  sample: [{ argv: () => ['sample', at('a')], code: 0 }],
  count: [{ argv: () => ['count', at('a')], code: 0 }],
  info: [{ argv: () => ['info', at('a')], code: 0 }],
  list: [{ argv: () => ['list', at('.')], code: 0 }],
  consume: [{ argv: () => ['consume', at('log')], code: 0 }],
  run: [
    {
      argv: () => ['run', 'fixtures/jobs/clone.mjs', '-i', at('a'), '-o', at('new'), '--json'],
      code: 0,
      afterwards: there('new'),
    },
  ],
  splits: [{ argv: () => ['splits', at('a'), '-n', '5'], code: 0 }],
  'read-split': [
    { argv: () => ['read-split', split], code: 0 },
    { argv: () => ['read-split', split.replace(/"id":"./, '"id":"x')], code: 2 },
  ],
  set: [{ argv: () => ['set', at('c'), 'k', 'v'], code: 0 }],
  unset: [{ argv: () => ['unset', at('c'), 'k'], code: 0 }],
  apply: [{ argv: () => ['apply', at('c')], stdin: '{"set":["k","v"]}\n', code: 0, afterwards: there('c') }],
  compact: [{ argv: () => ['compact', at('c')], code: 0 }],
  history: [{ argv: () => ['history', at('c')], code: 0 }],
  revert: [{ argv: () => ['revert', at('c'), '1'], code: 0 }],
  completion: [{ argv: () => ['completion', 'bash'], code: 0 }],
};

it('every command is tried that ends by itself', () => {
  expect([...Object.keys(TRIALS), 'serve'].sort()).toEqual([...COMMANDS].sort());
});

describe.each(Object.entries(TRIALS))('cairn %s', (_name, trials) => {
  it.each([0, 70_000])(
    'ends with the code of its work if its reader leaves after %i bytes',
    async (bytes) => {
      for (const { argv, stdin = '', code, afterwards } of trials) {
        await must(['import', at('a'), '-q'], { stdin: LINES });
        await must(['import', at('b'), '-q'], { stdin: LINES.replaceAll('value', 'other') });
        await must(['produce', at('log'), '-q'], { stdin: LINES });
        await must(['set', at('c'), 'k', 'v']);
        partition = await importDamageable(at('damaged'));
        damage(partition, 3000);
        split = (await must(['splits', at('a')])).out.trim();
        const stdout = leaving(bytes);
        const outcome: Outcome = await cairn(argv(), { stdin, stdout });
        expect([argv(), outcome.code]).toEqual([argv(), code]);
        if (code === 0) expect(outcome.err).not.toContain('cairn: ');
        await afterwards?.();
        for (const name of ['a', 'b', 'c', 'log', 'damaged', 'new']) {
          rmSync(at(name), { recursive: true, force: true });
        }
      }
    },
  );
});
