import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/node/index.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { cairn, must } from '../support/run-cairn.ts';

const at = directoryPerTest();

const TYPED = [
  'bigint\t{"$bigint":"5"}',
  'date\t{"$plainDate":"2021-09-01"}',
  'datetime\t{"$plainDateTime":"2021-09-01T01:02:03"}',
  'duration\t{"$duration":"P5D"}',
  'instant\t{"$instant":"2021-09-01T01:02:03.000000001Z"}',
  'json\t{"a":[1,null]}',
  'nan\t{"$number":"NaN"}',
  'null\tnull',
  'number\t5',
  'string\t"P5D"',
  'true\ttrue',
  '',
].join('\n');

async function importTyped(): Promise<void> {
  await must(['import', at('typed'), '-q', '--value-encoding', 'typed'], { stdin: TYPED });
}

describe('a store of typed values', () => {
  it('is imported, and exported as it was', async () => {
    await importTyped();
    expect((await must(['export', at('typed'), '--format', 'lines'])).out).toBe(TYPED);
    const jsonl = await must(['export', at('typed'), '--format', 'jsonl']);
    const again = ['import', at('again'), '-q', '--format', 'jsonl', '--value-encoding', 'typed'];
    await must(again, { stdin: jsonl.out });
    expect((await must(['diff', at('typed'), at('again')])).out).toBe('');
  });

  it('gives values of their types to programs', async () => {
    await importTyped();
    await using store = await openStore(at('typed'), { valueEncoding: 'typed' });
    expect(Object.prototype.toString.call(await store.get('duration'))).toBe('[object Temporal.Duration]');
    expect(await store.get('string')).toBe('P5D');
    expect(await store.get('number')).toBe(5);
    expect(await store.get('bigint')).toBe(5n);
  });

  it('is printed so that types can be told apart', async () => {
    await importTyped();
    const names = ['duration', 'string', 'instant', 'date', 'json', 'null', 'number'];
    expect((await must(['get', at('typed'), ...names])).out).toBe(
      'P5D\n"P5D"\n2021-09-01T01:02:03.000000001Z\n2021-09-01\n{"a":[1,null]}\nnull\n5\n',
    );
    expect((await must(['scan', at('typed'), '--prefix', 'du'])).out).toBe('duration\tP5D\n');
    expect((await must(['scan', at('typed'), '--prefix', 'du', '--json'])).out).toBe(
      '{"key":"duration","value":{"$duration":"P5D"}}\n',
    );
  });

  it('tells values that differ in their type only', async () => {
    await importTyped();
    const other = TYPED.replace('"P5D"\ntrue', '{"$duration":"P5D"}\ntrue');
    await must(['import', at('other'), '-q', '--value-encoding', 'typed'], { stdin: other });
    expect(await cairn(['diff', at('typed'), at('other')])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^~ string\t[^\n]*\n$/),
    });
  });

  it('refuses a date that is none, and names the line', async () => {
    const outcome = await cairn(['import', at('bad'), '-q', '--value-encoding', 'typed'], {
      stdin: 'a\t1\nb\t{"$plainDate":"2021-02-29"}\n',
    });
    expect(outcome.code).toBe(2);
    expect(outcome.err).toContain('line 2: "$plainDate" must hold a date');
  });
});

describe('keys that are numbers', () => {
  const lines = '-Infinity\tleast\n-1.5\tbelow\n-0\tminus\n0\tzero\n9\tnine\n10\tten\n1e+21\tmuch\n';

  it('are imported in numeric order, looked up, ranged over, and exported as they were', async () => {
    await must(['import', at('n'), '-q', '--key-encoding', 'number'], { stdin: lines });
    expect((await must(['export', at('n'), '--format', 'lines'])).out).toBe(lines);
    expect((await must(['get', at('n'), '10', '1e1', '-0', '1000000000000000000000'])).out).toBe(
      'ten\nten\nminus\nmuch\n',
    );
    expect((await must(['scan', at('n'), '--gt', '0', '--lt', '10', '--keys'])).out).toBe('9\n');
    expect((await must(['floor', at('n'), '9.5'])).out).toBe('9\tnine\n');
    expect((await must(['count', at('n'), '--lte', '0'])).out).toBe('4\n');
    expect((await must(['scan', at('n'), '--keys', '--json', '--lt', '0'])).out).toBe(
      '{"$number":"-Infinity"}\n-1.5\n{"$number":"-0"}\n',
    );
    expect((await must(['info', at('n')])).out).toMatch(/first key +-Infinity/);
  });

  it('have no prefix, and are not text', async () => {
    await must(['import', at('n'), '-q', '--key-encoding', 'number'], { stdin: lines });
    expect(await cairn(['scan', at('n'), '--prefix', '1'])).toMatchObject({ code: 2 });
    const outcome = await cairn(['get', at('n'), 'ten']);
    expect(outcome).toMatchObject({ code: 2, out: '' });
    expect(outcome.err).toContain('"ten" is not a number');
    expect((await cairn(['get', at('n'), '10', '--key-format', 'ip'])).code).toBe(2);
  });

  it('are compared by their values', async () => {
    await must(['import', at('a'), '-q', '--key-encoding', 'number'], { stdin: '9\tx\n10\tx\n' });
    await must(['import', at('b'), '-q', '--key-encoding', 'number'], { stdin: '9\tx\n9.5\tx\n10\ty\n' });
    expect((await cairn(['diff', at('a'), at('b'), '--keys'])).out).toBe('+ 9.5\n~ 10\n');
  });
});

describe('keys that are bigints', () => {
  it('go through text as digits', async () => {
    const lines = `-${'9'.repeat(50)}\ta\n-1\tb\n0\tc\n${'9'.repeat(50)}\td\n`;
    await must(['import', at('b'), '-q', '--key-encoding', 'bigint'], { stdin: lines });
    expect((await must(['export', at('b'), '--format', 'lines'])).out).toBe(lines);
    expect((await must(['get', at('b'), '9'.repeat(50), '--key-format', 'text'])).out).toBe('d\n');
    expect((await must(['get', at('b'), '{"$bigint":"-1"}', '--key-format', 'json'])).out).toBe('b\n');
    expect((await must(['get', at('b'), '-1', '--json'])).out).toBe(
      '{"key":{"$bigint":"-1"},"found":true,"value":"b"}\n',
    );
    expect((await cairn(['get', at('b'), '1.5'])).err).toContain('"1.5" is not an integer');
  });
});

describe('keys that are UUIDs', () => {
  const [first, second] = ['018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5b', '018f3a2b-4c5d-7e6f-8a9b-0c1d2e3f4a5c'];

  it('go through text as they are', async () => {
    await must(['import', at('u'), '-q', '--key-encoding', 'uuid'], { stdin: `${first}\ta\n${second}\tb\n` });
    expect((await must(['export', at('u'), '--format', 'lines'])).out).toBe(`${first}\ta\n${second}\tb\n`);
    expect((await must(['get', at('u'), second])).out).toBe('b\n');
    expect((await must(['count', at('u'), '--prefix', '018f3a2b'])).out).toBe('2\n');
    expect((await must(['scan', at('u'), '--keys', '--gt', first])).out).toBe(`${second}\n`);
    expect((await cairn(['diff', at('u'), at('u')])).code).toBe(0);
    const upper = await cairn(['get', at('u'), second.toUpperCase()]);
    expect(upper.code).toBe(2);
    expect(upper.err).toContain('lower case');
  });

  it('are refused in any other form, with their line', async () => {
    const outcome = await cairn(['import', at('u'), '-q', '--key-encoding', 'uuid'], { stdin: 'abc\tx\n' });
    expect(outcome.code).toBe(2);
    expect(outcome.err).toContain('line 1: key is the string "abc", which is no UUID');
  });
});
