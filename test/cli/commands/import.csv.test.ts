import { beforeEach, describe, expect, it } from 'vitest';
import { storeInfo } from '../../../src/node/index.ts';
import { directoryPerTest, fileWriter } from '../../support/directory-per-test.ts';
import { refusedImport } from '../../support/refused-import.ts';
import { cairn, must } from '../../support/run-cairn.ts';
import { entriesOf } from '../../support/store-entries.ts';

const at = directoryPerTest();
const file = fileWriter(at);
let store = '';

beforeEach(() => {
  store = at('store');
});

const refused = (options: readonly string[], stdin?: string | Uint8Array): Promise<string> =>
  refusedImport(store, ['import', store, ...options], stdin);

describe('cairn import of CSV whose rows end in CR', () => {
  it.each(['key,value\ra,1\rb,2\r', 'key,value\ra,1\rb,2', '"key",value\r"a","1"\r\rb,2\r'])(
    'reads %j',
    async (stdin) => {
      const { err } = await must(['import', store, '--format', 'csv'], { stdin });
      expect(await entriesOf(store)).toEqual([
        ['a', '1'],
        ['b', '2'],
      ]);
      expect(err).toMatch(/^imported 2 entries, [^\n]*\n$/);
    },
  );

  it('counts lines, and reads such files without a header too', async () => {
    const stdin = 'key,value\ra,"1\r2"\rb\r';
    expect(await refused(['--format', 'csv'], stdin)).toContain('line 3: the row has 1 cells');
    await must(['import', store, '--format', 'csv', '--columns', 'key,v'], { stdin: 'a,1\rb,2\r' });
    expect(await entriesOf(store)).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it('refuses a header that would hold the rows, where newlines follow', async () => {
    expect(await refused(['--format', 'csv'], 'key,value\ra,1\rb,2\n')).toContain(
      'standard input, line 1: the header row has a carriage return in it, but other lines end in newlines',
    );
  });
});

describe('cairn import of CSV without rows', () => {
  it('says that there is only a header, and nothing of an empty file', async () => {
    const header = file('header.csv', 'key,value\n');
    const { err } = await must(['import', store, '-q', '--format', 'csv', '-f', header, '--allow-empty']);
    expect(err).toBe(`cairn: ${header} has no row below its header\n`);
    expect((await storeInfo(store)).count).toBe(0);
    const empty = await must(['import', at('empty'), '-q', '--format', 'csv', '--allow-empty'], {
      stdin: '',
    });
    expect(empty.err).toBe('');
    const rows = await must(['import', at('rows'), '-q', '--format', 'csv', '--columns', 'key,value'], {
      stdin: 'a,1\n',
    });
    expect(rows.err).toBe('');
  });

  it('says how many lines --skip-lines left out', async () => {
    const stdin = '# one\nkey,value\n# two\na,1\n';
    const { err } = await must(['import', store, '--format', 'csv', '--skip-lines', '^#'], { stdin });
    expect(err).toContain('; 2 lines left out by --skip-lines\n');
    for (const [name, format, input] of [
      ['l', 'lines', 'a\t1\n'],
      ['j', 'jsonl', '{"key":"a","value":1}\n'],
      ['t', 'tsv', 'key\tvalue\na\t1\n'],
    ]) {
      const argv = ['import', at(name), '--format', format, '--skip-lines', '.', '--allow-empty'];
      const all = await must(argv, { stdin: input });
      expect(all.err).toMatch(/imported 0 entries, .*; [12] lines? left out by --skip-lines\n/);
    }
  });

  it('refuses an empty pattern', async () => {
    expect(await refused(['--skip-lines', ''], 'a\t1\n')).toContain(
      'Write a regular expression; an empty one matches everything.',
    );
  });
});

describe('cairn import of wide CSV', () => {
  const rowsOf = (columns: number): string => {
    const row = Array.from({ length: columns }, (_, i) => `c${i}`).join(',');
    return `${row}\n${row}\n`;
  };

  it('reads 200,000 columns in seconds', async () => {
    const before = process.cpuUsage();
    await must(['import', store, '-q', '--format', 'csv', '--key', 'c1'], { stdin: rowsOf(200_000) });
    expect(process.cpuUsage(before).user).toBeLessThan(20e6);
    const [[key, value]] = await entriesOf(store);
    expect([key, Object.keys(value as object).length]).toEqual(['c1', 199_999]);
  });

  it('names some of many columns in a message', async () => {
    const message = await refused(['--format', 'csv'], rowsOf(1000));
    expect(message).toContain('there is no column "key"; the columns are "c0", "c1", ');
    expect(message).toContain('"c19" and 980 more.');
  });
});

describe('cairn import of cells without quotes', () => {
  const rows = '1\t"Open\tx\n2\tClose"\ty\n3\t"Kostas" Theatre\tz\n';
  const expected = [
    ['1', { name: '"Open', kind: 'x' }],
    ['2', { name: 'Close"', kind: 'y' }],
    ['3', { name: '"Kostas" Theatre', kind: 'z' }],
  ];

  it.each([
    ['--format', 'tsv'],
    ['--format', 'csv', '--delimiter', '\\t', '--quote', 'none'],
  ])('keeps quotes with %s %s %s %s', async (...options) => {
    await must(['import', store, ...options, '--columns', 'id,name,kind', '--key', 'id'], { stdin: rows });
    expect(await entriesOf(store)).toEqual(expected);
    const { out } = await must(['export', store, ...options.slice(0, 6), '--key', 'id']);
    expect(out).toBe(`id\tname\tkind\n${rows}`);
    await must(['import', at('again'), ...options, '--key', 'id'], { stdin: out });
    expect((await storeInfo(at('again'))).id).toBe((await storeInfo(store)).id);
  });

  it.each([
    ['id,name', '1\tx\n2\ty\n'],
    ['id,name,kind', '1\tx\tk\n2\ty\tk\n'],
  ])('exports with the flags of the import: --columns %s', async (columns, stdin) => {
    const flags = ['--format', 'tsv', '--columns', columns, '--key', 'id'];
    await must(['import', store, ...flags, '--value-encoding', columns === 'id,name' ? 'utf8' : 'json'], {
      stdin,
    });
    expect((await must(['export', store, ...flags])).out).toBe(`${columns.replaceAll(',', '\t')}\n${stdin}`);
    await must(['import', at('kept'), ...flags, '--keep-key'], { stdin });
    const { err } = await cairn(['export', at('kept'), ...flags]);
    expect(err).toContain(
      'has two columns "id", one of the key and one of the value; choose the format jsonl',
    );
  });

  it('keeps quotes of keys', async () => {
    const stdin = 'en "Heroes" 12\n';
    const options = [
      '--delimiter',
      ' ',
      '--quote',
      'none',
      '--columns',
      'lang,title,views',
      '--key',
      'title',
    ];
    await must(['import', store, '--format', 'csv', ...options], { stdin });
    expect(await entriesOf(store)).toEqual([['"Heroes"', { lang: 'en', views: '12' }]]);
  });

  it('takes another quote', async () => {
    const stdin = 'key,value\na,\'it\'\'s, "here"\'\nb,"x"\n';
    await must(['import', store, '--format', 'csv', '--quote', "'"], { stdin });
    expect(await entriesOf(store)).toEqual([
      ['a', 'it\'s, "here"'],
      ['b', '"x"'],
    ]);
    const { out } = await must(['export', store, '--format', 'csv', '--quote', "'"]);
    expect(out).toBe(stdin);
  });

  it.each([
    [['--format', 'csv', '--quote', 'ab'], 'the quote must be one ASCII character'],
    [['--format', 'csv', '--quote', ','], 'the delimiter must be one ASCII character other than a quote'],
    [['--format', 'tsv', '--quote', 'none'], '--quote belongs to the format csv, not to tsv'],
    [['--format', 'tsv', '--delimiter', ';'], '--delimiter belongs to the format csv, not to tsv'],
  ])('refuses %j', async (options, message) => {
    expect(await refused(options, 'key,value\na,1\n')).toContain(message);
  });

  it('refuses to export a cell that needs quotes', async () => {
    await must(['import', store, '--format', 'jsonl'], {
      stdin: '{"key":"a","value":{"x":"1\\t2","y":"z"}}\n',
    });
    const { code, err } = await cairn(['export', store, '--format', 'tsv']);
    expect([code, err]).toEqual([2, expect.stringContaining('a delimiter, a line end')]);
    expect((await must(['export', store, '--format', 'csv'])).out).toBe('key,x,y\na,1\t2,z\n');
  });
});

describe('cairn import of files with columns in another order', () => {
  it('stores all values in the order of the first file, and exports them', async () => {
    const first = file('1.csv', 'key,x,y\na,1,2\n');
    const second = file('2.csv', 'y,key,x\n2,b,1\n');
    for (const options of [[], ['--keep-key'], ['-v']]) {
      const uri = at(`store${options.join('')}`);
      await must(['import', uri, '-q', '--format', 'csv', ...options, '-f', first, '-f', second]);
      const member = options.includes('--keep-key') ? { key: expect.any(String) } : {};
      const value = JSON.stringify({ ...member, x: '1', y: '2' });
      expect((await entriesOf(uri)).map(([, one]) => Object.keys(one as object))).toEqual(
        Array(2).fill(Object.keys(JSON.parse(value))),
      );
    }
    const { out } = await must(['export', at('store'), '--format', 'csv']);
    expect(out).toBe('key,x,y\na,1,2\nb,1,2\n');
  });
});

describe('cairn export --columns', () => {
  const stdin =
    '{"key":"a","value":{"name":"x","version":"1","license":"MIT"}}\n{"key":"b","value":{"license":"ISC","version":"2"}}\n';

  it('chooses the members that become columns, in its order', async () => {
    await must(['import', store, '--format', 'jsonl'], { stdin });
    const run = async (...options: string[]): Promise<string> =>
      (await must(['export', store, '--format', 'csv', ...options])).out;
    expect(await run('--columns', 'version,license')).toBe('key,version,license\na,1,MIT\nb,2,ISC\n');
    expect(await run('--columns', 'license')).toBe('key,license\na,MIT\nb,ISC\n');
    const { code, err } = await cairn(['export', store, '--format', 'csv', '--columns', 'name']);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('"b" can\'t be a row of CSV: it has no member "name"'),
    ]);
  });
});

describe('cairn import of missing cells', () => {
  it('fills rows with --pad-rows, and reads empty cells as null with --empty-as-null', async () => {
    const stdin = 'key,n,t\na,1\nb,,x\nc\n';
    const options = ['--format', 'csv', '--numbers', 'n', '--pad-rows', '--empty-as-null'];
    await must(['import', store, ...options], { stdin });
    const expected = [
      ['a', { n: 1, t: null }],
      ['b', { n: null, t: 'x' }],
      ['c', { n: null, t: null }],
    ];
    expect(await entriesOf(store)).toEqual(expected);
    const { out } = await must(['export', store, '--format', 'csv', '--empty-as-null']);
    expect(out).toBe('key,n,t\na,1,\nb,,x\nc,,\n');
    await must(['import', at('again'), '-v', ...options], { stdin: out });
    expect((await storeInfo(at('again'))).id).toBe((await storeInfo(store)).id);
  });

  it('refuses to export an empty text among nulls', async () => {
    await must(['import', store, '--format', 'csv'], { stdin: 'key,n,t\na,,x\n' });
    const { code, err } = await cairn(['export', store, '--format', 'csv', '--empty-as-null']);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('an empty text in "n", which would be read as null'),
    ]);
  });

  it('needs one option for each', async () => {
    expect(await refused(['--format', 'csv'], 'key,n,t\na,1\n')).toContain('the row has 2 cells');
    expect(await refused(['--format', 'csv', '--pad-rows'], 'key,n,t\na,1,2,3\n')).toContain(
      'the row has 4 cells',
    );
    await must(['import', store, '--format', 'csv', '--pad-rows'], { stdin: 'key,n,t\na,1\n' });
    expect(await entriesOf(store)).toEqual([['a', { n: '1', t: '' }]]);
  });
});
