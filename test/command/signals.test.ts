import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, started } from '../support/built-command.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { must } from '../support/run-cairn.ts';

const at = directoryPerTest();

beforeAll(buildCommand, 120_000);

const LINES = Array.from(
  { length: 40_000 },
  (_, i) => `key ${String(i).padStart(6, '0')}\t${'value '.repeat(4)}${i}\n`,
).join('');

const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const;

/** After the start of the process, in milliseconds: before it has read its arguments, while it works, and at its end. */
const DELAYS_MS = [20, 90, 140, 190, 250, 350] as const;

/** Commands that make something, which is complete or absent after a signal. */
const MAKING: Readonly<Record<string, () => readonly string[]>> = {
  import: () => ['import', at('new'), '-f', at('in')],
  'import --sort': () => ['import', at('new'), '--sort', '--sort-bytes', '64k', '-f', at('in')],
  produce: () => ['produce', at('new'), '--buckets', '3', '-f', at('in')],
  merge: () => ['merge', at('a'), at('b'), at('new'), '--on-duplicate', 'last'],
  copy: () => ['copy', at('a'), at('new')],
  salvage: () => ['salvage', at('a'), at('new')],
  'export -o': () => ['export', at('a'), '-o', at('new')],
  rename: () => ['rename', at('b'), at('new')],
};

/** Commands that make nothing that stays. */
const READING: Readonly<Record<string, () => readonly string[]>> = {
  scan: () => ['scan', at('a')],
  verify: () => ['verify', at('a')],
  diff: () => ['diff', at('a'), at('a')],
  test: () => ['test', at('.')],
};

async function prepare(): Promise<void> {
  writeFileSync(at('in'), LINES);
  for (const name of ['a', 'b']) await must(['import', at(name), '-q'], { stdin: LINES });
}

/** Runs a command line, sends it a signal after a time, and checks how it ends. Returns whether it has done its work. */
async function interrupt(argv: readonly string[], number: number): Promise<boolean> {
  const [signal, code] = SIGNALS[number % SIGNALS.length];
  const outcome = await started(argv, (child) => {
    setTimeout(() => child.kill(signal), DELAYS_MS[number % DELAYS_MS.length]);
  });
  if (outcome.code === 0) return true;
  // Before its handlers are there, and if it has nothing to clean up, the signal ends the process itself.
  if (outcome.code === null) expect(outcome.signal).toBe(signal);
  else expect([outcome.code, outcome.err]).toEqual([code, 'cairn: interrupted\n']);
  return false;
}

describe.each(Object.entries(MAKING))('cairn %s', (name, argv) => {
  it('leaves all or nothing after any signal at any time', async () => {
    await prepare();
    const before = readdirSync(at('.')).sort();
    for (let number = 0; number < DELAYS_MS.length; number++) {
      const done = await interrupt(argv(), number);
      if (existsSync(at('new'))) {
        if (name !== 'export -o') {
          expect((await must(['verify', at('new')])).out).toContain('ok: 40,000 entries');
        }
        if (name === 'rename') await must(['rename', at('new'), at('b')]);
        rmSync(at('new'), { recursive: true, force: true });
      } else {
        expect(done).toBe(false);
      }
      expect(readdirSync(at('.')).sort()).toEqual(before);
    }
    for (const source of ['a', 'b']) await must(['verify', at(source)]);
  }, 60_000);
});

describe.each(Object.entries(READING))('cairn %s', (_name, argv) => {
  it('is ended by any signal at any time, and leaves nothing', async () => {
    await prepare();
    const before = readdirSync(at('.')).sort();
    for (let number = 0; number < DELAYS_MS.length; number++) {
      await interrupt(argv(), number);
      expect(readdirSync(at('.')).sort()).toEqual(before);
    }
    await must(['verify', at('a')]);
  }, 60_000);
});

describe('cairn run', () => {
  /** The last split waits for the signal, if it is told to. */
  const JOB = `
    export default {
      splits: 4,
      tasks: 2,
      options: { keyEncoding: 'utf8', valueEncoding: 'utf8' },
      async map(key, value, emit, { task, signal, arguments: { waits } }) {
        if (task === 3 && waits === 'yes' && !signal.aborted)
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        emit(key.slice(-3), value);
      },
      reduce: (key, values, emit) => emit(key, String(values.length)),
    };`;

  it.each(SIGNALS)(
    'leaves a job at %s that is gone on with',
    async (signal, code) => {
      await must(['import', at('a'), '-q'], { stdin: LINES });
      writeFileSync(at('job.mjs'), JOB);
      const argv = ['run', at('job.mjs'), '-i', at('a'), '-o', at('new'), '-w', '2', '--json'];
      const outcome = await started([...argv, '-a', 'waits=yes'], (child) => {
        let lines = 0;
        child.stdout?.on('data', (piece: Buffer) => {
          lines += String(piece).split('\n').length - 1;
          if (lines === 3) child.kill(signal);
        });
      });
      expect([outcome.code, outcome.err]).toEqual([code, 'cairn: interrupted\n']);
      expect(outcome.out.trim().split('\n')).toHaveLength(3);
      const again = await started([...argv, '--resume'], () => undefined);
      expect(again.code).toBe(0);
      const events = again.out.trim().split('\n');
      expect(JSON.parse(events.at(-1) as string)).toMatchObject({ event: 'store', count: 1000 });
      // One of the tasks that map was left, and the two that reduce.
      expect(events).toHaveLength(1 + 2 + 1);
    },
    30_000,
  );
});
