import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COLLECTION_INTERRUPTED } from '../fault/collection-states.ts';
import {
  ADDED,
  checkWritten,
  copying,
  deleting,
  type Interrupted,
  merging,
  mergingIntoNew,
  OVERS,
  PAIRS,
  renaming,
} from '../fault/interrupted.ts';
import { type Bundle, bundle } from '../support/bundle.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { needStrace, type Traced, traced } from './strace.ts';

let child: Bundle;
let base: string;
beforeAll(async () => {
  needStrace();
  child = await bundle(new URL('./fault-child.ts', import.meta.url));
  base = temporaryDirectory();
});
afterAll(() => {
  child?.remove();
  rmSync(base, { recursive: true, force: true });
});

const SCENARIOS: Readonly<Record<string, Interrupted>> = {
  write: {
    prepare: async () => undefined,
    check: (root, done) => checkWritten(`${root}/s`, PAIRS, done),
  },
  delete: deleting,
  rename: renaming,
  copy: copying,
  merge: merging(ADDED.overlapping),
  'merge-new': mergingIntoNew(ADDED.disjoint),
  ...OVERS,
  ...COLLECTION_INTERRUPTED,
};

describe('a file system of the kernel that lacks something', () => {
  const lacks: readonly [call: string, error: string][] = [
    ...['EPERM', 'EOPNOTSUPP', 'ENOSYS', 'EACCES', 'EINVAL', 'EMLINK'].map((error): [string, string] => [
      'link',
      error,
    ]),
    ['unlink', 'EBUSY'],
    ['rmdir', 'EPERM'],
  ];
  for (const [call, error] of lacks) {
    it(`${call} that is always ${error}: stores are written, copied and merged all the same`, async () => {
      for (const name of ['write', 'copy', 'merge-new']) {
        const { prepare, check } = SCENARIOS[name];
        const root = `${base}/lacking-${call}-${error}-${name}`;
        mkdirSync(root);
        await prepare(root);
        const injection = { call, what: `error=${error}`, nth: 1, forever: true };
        expect((await traced([child.file, name, root], injection)).out).toBe('done');
        await check(root, true);
      }
    });
  }
});

/** Every call that changes something on a disk. */
const CALLS = ['pwrite64', 'fsync', 'link', 'rename', 'mkdir', 'unlink', 'rmdir'];

/** Lets the N-th call of a name go wrong, for every N until there is none left. */
async function everyCall(
  name: string,
  call: string,
  what: string,
  forever: boolean,
  look: (outcome: Traced) => void,
): Promise<number> {
  const { prepare, check } = SCENARIOS[name];
  const template = `${base}/template`;
  rmSync(template, { recursive: true, force: true });
  mkdirSync(template);
  await prepare(template);
  for (let nth = 1; ; nth++) {
    const root = `${base}/work`;
    rmSync(root, { recursive: true, force: true });
    cpSync(template, root, { recursive: true });
    try {
      const outcome = await traced([child.file, name, root], { call, what, nth, forever });
      look(outcome);
      await check(root, outcome.out === 'done');
      if (!outcome.fired) {
        expect(outcome.out).toBe('done');
        return nth - 1;
      }
    } catch (error) {
      throw new Error(`${what} at ${call} ${nth}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** More failing calls than this are met, by what removes or renames files alone; by all others, more than four. */
const FEW: Readonly<Record<string, number>> = {
  delete: 1,
  rename: 1,
  'collection-delete': 2,
  'collection-sweep': 3,
};

describe.each(Object.keys(SCENARIOS))('%s', (name) => {
  for (const [error, calls] of [
    ['EIO', ['pwrite64', 'fsync', 'link', 'rename', 'unlink']],
    ['ENOSPC', ['pwrite64', 'fsync', 'link', 'rename', 'mkdir']],
  ] as const) {
    // A sweep needs no room: none of its calls can fail so.
    if (name === 'collection-sweep' && error === 'ENOSPC') continue;
    for (const forever of [false, true]) {
      const often = forever ? 'from the N-th call on' : 'at the N-th call';
      it(`cases 7 and 8: ${error} of the kernel ${often} is a typed error, and nothing is half-done`, async () => {
        let met = 0;
        for (const call of calls) {
          met += await everyCall(name, call, `error=${error}`, forever, ({ out }) => {
            // A failed link may mean that a storage has none: then a merge copies.
            expect(out).toMatch(/^(done$|(IO|CONFLICT|NOT_A_STORE|INCOMPLETE) )/);
          });
        }
        expect(met).toBeGreaterThan(FEW[name] ?? 4);
      });
    }
  }

  it('case 2: SIGKILL at every call of the kernel that changes a disk leaves the old state or the new one', async () => {
    let killed = 0;
    for (const call of CALLS) {
      killed += await everyCall(name, call, 'signal=KILL', false, () => undefined);
    }
    expect(killed).toBeGreaterThan(2);
  });
});
