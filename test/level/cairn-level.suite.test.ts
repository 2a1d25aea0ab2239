import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CairnLevel, type CairnLevelOptions } from '../../src/node/level.ts';
import { type Run, runCase, tape } from '../support/tape.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

type Options = CairnLevelOptions<string, string>;

/** abstract-level's own tests, as it publishes them. */
const suite = createRequire(import.meta.url)('abstract-level/test') as (options: {
  test: typeof tape;
  factory: (options?: Options) => CairnLevel;
}) => void;

const directory = temporaryDirectory();

afterAll(() => rmSync(directory, { recursive: true, force: true }));

let made = 0;

const places = [
  ['file:', () => join(directory, `${made++}`)],
  ['memory:', () => `memory:level-suite-${made++}`],
] as const;

describe.each(places)("abstract-level's tests with %s", (_, uriOf) => {
  let cases = 0;
  suite({
    test: (name, run) => {
      cases++;
      tape(name, run);
    },
    factory: (options) => new CairnLevel(uriOf(), options),
  });

  it('are all of them', () => {
    expect(cases).toBeGreaterThan(1500);
  });
});

describe('the runner of these tests', () => {
  it.each<[what: string, run: Run]>([
    ['makes what was planned', (t) => [t.plan(2), t.pass(), setTimeout(() => t.ok(1))]],
    ['ends', (t) => setTimeout(() => [t.is(1, 1), t.isNot(1, 2), t.same({ a: [1] }, { a: [1] }), t.end()])],
    ['returns a promise', async (t) => t.doesNotThrow(() => undefined)],
    [
      'expects an error',
      async (t) =>
        t.throws(
          () => {
            throw new TypeError('expected');
          },
          (error) => error instanceof TypeError,
        ),
    ],
  ])('passes a case that %s', async (_, run) => {
    await expect(runCase(run)).resolves.toBeUndefined();
  });

  it.each<[what: string, run: Run]>([
    ['makes an assertion that is wrong', async (t) => t.is(1, 2)],
    ['compares what differs within', async (t) => t.same({ a: [1] }, { a: ['1'] })],
    ['fails and goes on', async (t) => [t.fail('expected'), t.pass()]],
    ['rejects', async () => Promise.reject(new Error('expected'))],
    [
      'throws another error',
      async (t) =>
        t.throws(
          () => [][0],
          () => true,
        ),
    ],
    ['makes fewer assertions than planned', async (t) => [t.plan(2), t.pass()]],
    ['makes more assertions than planned', (t) => [t.plan(1), t.pass(), t.pass()]],
    ['ends twice', (t) => [t.end(), t.end()]],
    ['makes an assertion after the end', (t) => [t.end(), t.pass()]],
  ])('fails a case that %s', async (_, run) => {
    await expect(runCase(run)).rejects.toThrow();
  });
});
