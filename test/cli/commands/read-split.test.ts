import { describe, expect, it } from 'vitest';
import { createStore, deleteStore } from '../../../src/node/index.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

async function filled(): Promise<string> {
  const uri = at('in');
  const writer = await createStore(uri, { valueEncoding: 'utf8' });
  for (const key of 'abcdefg') await writer.put(key, key.toUpperCase());
  await writer.close();
  return uri;
}

async function splitsOf(...words: string[]): Promise<string[]> {
  return (await must(['splits', ...words])).out.trimEnd().split('\n');
}

describe('cairn splits and read-split', () => {
  it('divide a store, and print each entry once, as scan does', async () => {
    const uri = await filled();
    const lines = await splitsOf(uri, '-n', '3');
    expect(lines.map((line) => (JSON.parse(line) as { readonly count: number }).count)).toEqual([2, 2, 3]);
    const { out } = await must(['scan', uri]);
    let read = '';
    for (const line of lines) read += (await must(['read-split', line])).out;
    expect(read).toBe(out);
    expect((await must(['read-split'], { stdin: `${lines.join('\n')}\n` })).out).toBe(out);
    expect((await must(['read-split', ...lines])).out).toBe(out);
    expect((await must(['read-split', lines[1], '--keys'])).out).toBe('c\nd\n');
    expect((await must(['read-split', lines[0], '--json'])).out).toBe(
      '{"key":"a","value":"A"}\n{"key":"b","value":"B"}\n',
    );
    expect((await must(['read-split', lines[0], '--key-format', 'hex'])).out).toBe('0x61\tA\n0x62\tB\n');
    expect(await splitsOf(uri)).toHaveLength(1);
    expect(await splitsOf(uri, uri, '-n', '4')).toHaveLength(4);
  });

  it('print nothing of a store that was written again (case 68), or is gone', async () => {
    const uri = await filled();
    const [line] = await splitsOf(uri, '-n', '2');
    await deleteStore(uri);
    expect(await cairn(['read-split', line])).toMatchObject({ code: 5, out: '' });
    await createStore(uri).put('a', 2).close();
    expect(await cairn(['read-split', line])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('was written again after it was split'),
    });
  });

  it.each([
    [['splits', 'STORE', '-n', '0'], 2, /splits must be a positive integer/],
    [['splits', 'STORE', '-n', '2', '--bytes', '1k'], 2, /cannot be used with/],
    [['splits', 'NONE', '-n', '2'], 5, /NONE|none/],
    [['splits'], 2, /missing required argument/],
    [['read-split'], 2, /there is no split/],
    [['read-split', 'seven'], 2, /a split is a line of JSON/],
    [['read-split', '7'], 2, /must be one that planSplits returned|cairn splits/],
    [['read-split', 'null'], 2, /split/],
    [['read-split', '{"version":2}'], 2, /split/],
  ])('refuse %j', async (argv, code, message) => {
    await filled();
    const words = argv.map((word) => (word === 'STORE' ? at('in') : word === 'NONE' ? at('none') : word));
    expect(await cairn(words)).toMatchObject({ code, out: '', err: expect.stringMatching(message) });
  });
});
