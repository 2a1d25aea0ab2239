import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

describe('cairn import --into', () => {
  it('adds entries in any order, as one commit', async () => {
    const { err } = await must(['import', '--into', at('c')], { stdin: 'b\t1\na\t2\nb\t3\n' });
    expect(err).toMatch(/^imported 3 entries, \d+ B as version 1\n$/);
    await must(['import', `--into=${at('c')}`, '-q'], { stdin: 'c\t4\na\t5\n' });
    expect((await must(['scan', at('c')])).out).toBe('a\t5\nb\t3\nc\t4\n');
    expect((await must(['scan', at('c'), '--version', '1'])).out).toBe('a\t2\nb\t3\n');
  });

  it('puts entries in place of what is there with --replace', async () => {
    await must(['import', '--into', at('c'), '-q'], { stdin: 'a\t1\nb\t2\n' });
    const { err, out } = await must(['import', '--into', at('c'), '--replace', '--json'], {
      stdin: 'z\t1\n',
    });
    expect(err).toContain('as version 2, in place of what was there');
    expect(JSON.parse(out)).toMatchObject({ version: 2, sets: 1 });
    expect((await must(['scan', at('c')])).out).toBe('z\t1\n');
    await must(['revert', at('c'), '1', '-q']);
    expect((await must(['scan', at('c')])).out).toBe('a\t1\nb\t2\n');
  });

  it('takes every format, and the encodings of what is there', async () => {
    const rows = 'sku,price,name\nb,2,"B, b"\na,1,A\n';
    writeFileSync(at('rows.csv'), rows);
    await must(['import', '--into', at('c'), '--format', 'csv', '--key', 'sku', '-f', at('rows.csv'), '-q']);
    const json = '{"sku":"c","price":"3"}\n{"sku":"d", "price":"4"}\n';
    await must(['import', '--into', at('c'), '--format', 'jsonl', '--key', 'sku', '-q'], { stdin: json });
    expect((await must(['scan', at('c')])).out).toBe(
      'a\t{"price":"1","name":"A"}\nb\t{"price":"2","name":"B, b"}\nc\t{"price":"3"}\nd\t{"price":"4"}\n',
    );
    const { out } = await must(['import', '--into', at('c'), '-v'], { stdin: 'e\t{"price": "5"}\n' });
    expect(out).toBe('[e] {"price":"5"}\n');
    // Values of jsonl would be JSON; here they are text.
    await must(['set', at('text'), 'a', 'b', '-q']);
    await must(['import', '--into', at('text'), '--format', 'jsonl', '-q'], {
      stdin: '{"key":"c","value":"d"}\n',
    });
    expect((await must(['scan', at('text')])).out).toBe('a\tb\nc\td\n');
  });

  it('keeps metadata and compression of a new collection', async () => {
    await must(['import', '--into', at('c'), '-q', '--metadata', '{"by":"us"}', '--compression', 'deflate'], {
      stdin: 'a\t1\n',
    });
    expect(JSON.parse((await must(['info', at('c'), '--json'])).out)).toMatchObject({
      metadata: { by: 'us' },
      compression: 'deflate',
    });
    expect(
      await cairn(['import', '--into', at('c'), '--metadata', '{"by":"them"}'], { stdin: 'a\t1\n' }),
    ).toMatchObject({
      code: 2,
      err: expect.stringContaining('leave --metadata out'),
    });
    await must(['import', '--into', at('c'), '-q', '--metadata', '{"by":"us"}'], { stdin: 'b\t1\n' });
  });

  it('changes nothing if a line is refused, and says which', async () => {
    await must(['import', '--into', at('c'), '-q'], { stdin: 'a\t1\n' });
    writeFileSync(at('bad.tsv'), 'b\t2\n\t3\n');
    for (const more of [[], ['--replace']]) {
      const { code, err } = await cairn(['import', '--into', at('c'), '-f', at('bad.tsv'), ...more]);
      expect([code, err]).toEqual([2, expect.stringMatching(/^cairn: \S+bad\.tsv, line 2: .*\n$/)]);
    }
    expect((await must(['import', '--into', at('c'), '-f', at('bad.tsv'), '--skip-invalid'])).err).toContain(
      '1 invalid line skipped',
    );
    expect((await must(['history', at('c')])).out.split('\n')).toHaveLength(4);
    expect((await must(['scan', at('c')])).out).toBe('a\t1\nb\t2\n');
  });

  it.each([
    [['import'], /name the store to make, or the collection to add to: --into <collection>/],
    [['import', 'no-file', '--into', 'collection'], /no-file does not exist/],
    [
      ['import', '--into', 'c', '--no-hash-index'],
      /--no-hash-index is for stores, and a collection has its own way/,
    ],
    [['import', '--into', 'c', '--partition-bytes', '1m'], /--partition-bytes is for stores/],
  ])('refuses %j with one line', async (argv, message) => {
    const { code, err } = await cairn(argv);
    expect([code, err.split('\n').length]).toEqual([2, 2]);
    expect(err).toMatch(message);
  });
});
