import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type JobDefinition, planSplits, readSplit, runJob } from '../../src/node/batch.ts';
import { createStore, openStore } from '../../src/node/index.ts';
import { allOf } from '../support/all-of.ts';
import { directoryPerTest, fileWriter } from '../support/directory-per-test.ts';

const at = directoryPerTest();
const write = fileWriter(at);

/** Emits what it reads, whatever the order. */
const copy: JobDefinition = {
  options: { sort: true },
  onOverlap: 'merge',
  map: (key, value, emit) => emit(key, value),
};

async function copied(input: JobDefinition['input'], more: object = {}): Promise<unknown> {
  const output = at(`out${Math.random()}`);
  await runJob({ ...copy, ...more }, { input, output });
  const store = await openStore(output);
  const entries = await allOf(store.entries());
  await store.close();
  return Object.fromEntries(entries);
}

describe('files as the input of a job', () => {
  it.each([
    ['lines', 'a.tsv', 'a\t1\nb\t2\n', {}, { a: '1', b: '2' }],
    ['lines', 'a.txt', 'b=2\r\na=1', { keySeparator: '=', crlf: true }, { a: '1', b: '2' }],
    [
      'csv',
      'a.csv',
      'sku,name,price\n1,nut,0.5\n',
      { key: ['sku'], numbers: ['price'] },
      { 1: { name: 'nut', price: 0.5 } },
    ],
    ['csv', 'a.csv', 'key,value\na,"x,\ny"\n', {}, { a: 'x,\ny' }],
    ['tsv', 'b.tsv', 'key\tvalue\na\tx\n', {}, { a: 'x' }],
    ['jsonl', 'a.jsonl', '{"key":"a","value":[1]}\n', {}, { a: [1] }],
    ['json', 'a.json', '[{"id":"a","n":1}]', { key: ['id'] }, { a: { n: 1 } }],
    ['nul', 'a.nul', 'a\x001\0b\x002\0', {}, { a: '1', b: '2' }],
  ])('are read as %s (%s: %j %j)', async (format, name, text, more, expected) => {
    const plain = { files: write(name, text), format, ...more } as JobDefinition['input'];
    expect(await copied(plain)).toEqual(expected);
  });

  it('are decompressed by their names, several one after the other, beside stores', async () => {
    const zipped = write('b.tsv.gz', gzipSync('b\t2\n'));
    await createStore(at('store'), { valueEncoding: 'utf8' }).put('c', '3').close();
    const input = [{ files: [write('a.tsv', 'a\t1\n'), zipped] }, at('store')];
    expect(await copied(input)).toEqual({ a: '1', b: '2', c: '3' });
    const splits = await planSplits(input);
    expect(splits.map(({ kind, count }) => [kind, count])).toEqual([
      ['file', 4],
      ['file', expect.any(Number)],
      [undefined, 1],
    ]);
    expect(await copied(JSON.parse(JSON.stringify(splits)))).toEqual({ a: '1', b: '2', c: '3' });
    const reader = await readSplit(splits[0]);
    expect(reader.progress).toBe(0);
    expect(await allOf(reader.entries())).toEqual([['a', '1']]);
    expect(reader.progress).toBe(1);
    await reader.close();
  });

  it('can be read again from their beginning', async () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => `k${i},v\n`);
    const input = { files: write('a.csv', `key,value\n${rows.join('')}`), format: 'csv' } as const;
    const reader = await readSplit((await planSplits(input))[0]);
    const entries = await allOf(reader.entries());
    expect([entries.length, entries[0]]).toEqual([40_000, ['k0', 'v']]);
    for await (const [entry] of reader.batches()) {
      expect(entry).toEqual(['k0', 'v']);
      expect(reader.progress).toBeLessThan(0.5);
      break;
    }
    expect(await allOf(reader.entries())).toEqual(entries);
    expect(reader.progress).toBe(1);
    await reader.close();
  });

  it('name a line that holds no entry, and count it if it may be skipped', async () => {
    const file = write('bad.tsv', 'a\t1\nnothing\nb\t2\n\n');
    const input = { files: file };
    await expect(runJob(copy, { input, output: at('o1') })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/bad\.tsv, line 2: /),
    });
    await expect(runJob(copy, { input, output: at('o2'), maxSkips: 1 })).rejects.toThrow(/bad\.tsv, line 4/);
    const { info, counters } = await runJob(copy, { input, output: at('o3'), maxSkips: 2 });
    expect([info.count, counters]).toEqual([2, { skipped: 2 }]);
  });

  it('name the line at which map fails', async () => {
    const input = {
      files: write('a.jsonl', '{"key":"a","value":1}\n{"key":"b","value":2}\n'),
      format: 'jsonl',
    } as const;
    const job: JobDefinition = {
      map(key) {
        if (key === 'b') throw new Error('no b');
      },
    };
    await expect(runJob(job, { input, output: at('out') })).rejects.toThrow(
      /^map failed at the key "b" of line 2 of .*a\.jsonl: no b$/,
    );
  });

  it('are CONFLICT if they have changed since they were split', async () => {
    const input = { files: write('a.tsv', 'a\t1\n') };
    const splits = await planSplits(input);
    write('a.tsv', 'a\t2\n');
    await expect(readSplit(splits[0])).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(runJob(copy, { input: splits, output: at('out') })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it.each([
    [{ files: 'none.tsv' }, { code: 'NOT_FOUND' }],
    [{ files: [] }, { argument: 'files' }],
    [{ files: 'x', format: 'xml' }, { argument: 'format' }],
    [{ files: 'x', lines: true }, { argument: 'lines' }],
    [{ files: 'x', keySeparator: '' }, { argument: 'keySeparator' }],
    [{ files: 'x', keyEncoding: 'custom' }, { argument: 'keyEncoding' }],
    [{ files: 'x', valueEncoding: 'custom' }, { argument: 'valueEncoding' }],
    [{}, { argument: 'split' }],
    [[], { argument: 'input' }],
  ])('are refused: %j', async (input, expected) => {
    write('x', 'a\t1\n');
    const placed = JSON.parse(
      JSON.stringify(input)
        .replace('"x"', JSON.stringify(at('x')))
        .replace('none', at('none')),
    );
    await expect(planSplits(placed)).rejects.toMatchObject(expected);
  });
});
