import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeInfo } from '../../src/index.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { cairn, must } from '../support/run-cairn.ts';

const at = directoryPerTest();

type Metadata = Readonly<Record<string, unknown>>;

/** A meaning that the command gives to metadata: how a store with it is made, and what shows that it is understood. */
interface Meaning {
  readonly name: string;
  /** Makes a store of one entry, which is another for each number. */
  make(store: string, number: number): Promise<unknown>;
  readonly metadata: Metadata;
  /** How an export is imported again. */
  readonly importing: readonly string[];
  /** A command line, after the store, and what it prints of the first store. */
  readonly question: readonly [string, ...string[]];
  readonly answer: string;
}

const LOG = { log: { version: 1, buckets: 1, hash: 'siphash-2-4' } };

const MEANINGS: readonly Meaning[] = [
  {
    name: 'addresses of IPv4',
    make: (store, number) =>
      must(['import', store, '-q', '--key-format', 'ip'], { stdin: `${number}0.0.0.0\tnet\n` }),
    metadata: { keyFormat: 'ip' },
    importing: ['--key-format', 'ip'],
    question: ['floor', '10.8.8.8'],
    answer: '10.0.0.0\tnet\n',
  },
  {
    name: 'addresses of IPv6',
    make: (store, number) =>
      must(['import', store, '-q', '--key-format', 'ip6'], { stdin: `${number}0.0.0.0\tnet\n` }),
    metadata: { keyFormat: 'ip' },
    importing: ['--key-format', 'ip'],
    question: ['floor', '10.8.8.8'],
    answer: '::ffff:10.0.0.0\tnet\n',
  },
  {
    name: 'hex',
    make: (store, number) =>
      must(['import', store, '-q', '--key-format', 'hex'], { stdin: `0${number}\tone\n` }),
    metadata: { keyFormat: 'hex' },
    importing: ['--key-format', 'hex'],
    question: ['get', '01'],
    answer: 'one\n',
  },
  {
    name: 'notes of the user',
    make: (store, number) =>
      must(['import', store, '-q', '--metadata', '{"source":{"year":2026,"by":"us"}}'], {
        stdin: `k${number}\tv\n`,
      }),
    metadata: { source: { year: 2026, by: 'us' } },
    importing: ['--metadata', '{"source":{"by":"us","year":2026}}'],
    question: ['get', 'k1'],
    answer: 'v\n',
  },
  {
    name: 'nothing',
    make: (store, number) => must(['import', store, '-q'], { stdin: `k${number}\tv\n` }),
    metadata: {},
    importing: [],
    question: ['get', 'k1'],
    answer: 'v\n',
  },
];

/** An operation that makes the store `to` of the store `from`, and perhaps of `other`. */
interface Operation {
  readonly name: string;
  run(from: string, to: string, other: string, meaning: Meaning): Promise<unknown>;
}

const OPERATIONS: readonly Operation[] = [
  { name: 'merge', run: (from, to, other) => must(['merge', from, other, to, '-q']) },
  { name: 'merge of one', run: (from, to) => must(['merge', from, to, '-q']) },
  {
    name: 'merge --move into a store',
    async run(from, to, other) {
      await must(['rename', other, to]);
      await must(['merge', from, to, '--move', '-q']);
    },
  },
  { name: 'copy', run: (from, to) => must(['copy', from, to, '-q']) },
  { name: 'rename', run: (from, to) => must(['rename', from, to]) },
  { name: 'salvage', run: (from, to) => must(['salvage', from, to, '-q']) },
  {
    name: 'export and import',
    async run(from, to, _other, { importing }) {
      const { out } = await must(['export', from]);
      await must(['import', to, '-q', ...importing], { stdin: out });
    },
  },
];

describe.each(OPERATIONS)('$name', ({ run }) => {
  it.each(MEANINGS)('keeps $name', async (meaning) => {
    const [from, other, to] = [at('from'), at('other'), at('to')];
    await meaning.make(from, 1);
    await meaning.make(other, 2);
    await run(from, to, other, meaning);
    expect((await storeInfo(to)).metadata).toEqual(meaning.metadata);
    const [command, ...rest] = meaning.question;
    expect(await must([command, to, ...rest])).toMatchObject({ out: meaning.answer });
  });
});

describe('a log', () => {
  const inputs = { jsonl: ['--key-encoding', 'binary', '--value-encoding', 'binary', '-q'] } as const;

  it.each(OPERATIONS.filter(({ name }) => !name.startsWith('merge') && !name.startsWith('export')))(
    'stays one after $name',
    async ({ run }) => {
      await must(['produce', at('from'), '-q'], { stdin: 'x\n' });
      await run(at('from'), at('to'), '', MEANINGS[4]);
      expect(await must(['consume', at('to')])).toMatchObject({ out: 'x\n' });
    },
  );

  it('stays one after a merge, and after an export and an import with its metadata', async () => {
    await must(['produce', at('log'), '-q'], { stdin: 'x\n' });
    await must(['merge', at('log'), at('merged'), '-q']);
    expect(await must(['consume', at('merged')])).toMatchObject({ out: 'x\n' });
    const { metadata } = await storeInfo(at('log'));
    expect(metadata).toEqual(LOG);
    const { out } = await must(['export', at('log'), '--format', 'jsonl']);
    await must(
      ['import', at('again'), '--format', 'jsonl', ...inputs.jsonl, '--metadata', JSON.stringify(metadata)],
      { stdin: out },
    );
    expect(await must(['consume', at('again')])).toMatchObject({ out: 'x\n' });
    expect((await storeInfo(at('again'))).id).toBe((await storeInfo(at('log'))).id);
  });

  it('is not merged with a store that is none, or with one of other buckets', async () => {
    await must(['produce', at('log'), '-q'], { stdin: 'x\n' });
    await must(['produce', at('two'), '-q', '--buckets', '2'], { stdin: 'x\n' });
    await must(['import', at('bytes'), '-q', '--key-encoding', 'binary', '--value-encoding', 'binary'], {
      stdin: 'k\tv\n',
    });
    for (const other of ['two', 'bytes']) {
      for (const move of [[], ['--move']]) {
        const to = move.length > 0 ? [at(other)] : [at(other), at('to')];
        const { code, err } = await cairn(['merge', at('log'), ...to, ...move]);
        expect([code, err]).toEqual([2, expect.stringContaining('as log in its metadata')]);
      }
    }
    expect(await must(['consume', at('log')])).toMatchObject({ out: 'x\n' });
  });
});

describe('a merge', () => {
  it('keeps the members on which the sources agree, and leaves out the others', async () => {
    const common = '"licence":"CC0","deep":{"a":[1,{"b":null}],"c":2}';
    const reordered = '"deep":{"c":2,"a":[1,{"b":null}]},"licence":"CC0"';
    for (const [i, metadata] of [
      `{${common},"day":"Monday","only":true}`,
      `{"day":"Tuesday",${reordered}}`,
    ].entries()) {
      await must(['import', at(`${i}`), '-q', '--metadata', metadata], { stdin: `k${i}\tv\n` });
    }
    await must(['merge', at('0'), at('1'), at('to'), '-q']);
    expect((await storeInfo(at('to'))).metadata).toEqual(JSON.parse(`{${common}}`));
  });

  it.each([
    ['ip', 'hex', '"hex" as keyFormat in its metadata'],
    ['ip', undefined, 'nothing as keyFormat in its metadata'],
    ['ip', 'ip6', 'have 16 bytes'],
  ])('refuses keys that are %s and %s', async (a, b, message) => {
    const keys = { ip: '1.0.0.0', hex: '00ff', ip6: '2001:db8::1' } as Record<string, string>;
    const encodings = ['--key-encoding', 'binary'];
    await must(['import', at('a'), '-q', '--key-format', a], { stdin: `${keys[a]}\tv\n` });
    await must(['import', at('b'), '-q', ...(b === undefined ? encodings : ['--key-format', b])], {
      stdin: `${keys[b ?? 'hex']}\tw\n`,
    });
    for (const argv of [
      [at('a'), at('b'), at('to')],
      [at('b'), at('a'), '--move'],
    ]) {
      expect(await cairn(['merge', ...argv])).toMatchObject({
        code: 2,
        err: expect.stringContaining(message),
      });
    }
    expect(await must(['floor', at('a'), '1.2.3.4'])).toMatchObject({ out: '1.0.0.0\tv\n' });
  });

  it('takes an empty store of addresses along', async () => {
    await must(['import', at('a'), '-q', '--key-format', 'ip'], { stdin: '1.0.0.0\tv\n' });
    await must(['import', at('b'), '-q', '--key-format', 'ip', '--allow-empty']);
    await must(['merge', at('b'), at('a'), at('to'), '-q']);
    expect(await must(['get', at('to'), '1.0.0.0'])).toMatchObject({ out: 'v\n' });
  });
});

it('a salvage without the manifest says that the metadata are lost, and how keys are read then', async () => {
  await must(['import', at('s'), '-q', '--key-format', 'ip'], { stdin: '1.0.0.0\tv\n' });
  writeFileSync(join(at('s'), 'MANIFEST.json'), 'nothing of it is left');
  const { code, out } = await cairn(['salvage', at('s'), at('to'), '-q']);
  expect(code).toBe(3);
  expect(out).toBe(
    'lost: (after 0x01000000) if anything was there\n' +
      'lost: the metadata; name the format of keys that are bytes with --key-format, a log can only be read as a store\n',
  );
  expect((await storeInfo(at('to'))).metadata).toEqual({});
  expect(await must(['floor', at('to'), '1.2.3.4', '--key-format', 'ip'])).toMatchObject({
    out: '1.0.0.0\tv\n',
  });
});
