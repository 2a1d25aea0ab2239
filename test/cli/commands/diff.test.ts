import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { createStore, storeInfo } from '../../../src/node/index.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { cairn, must } from '../../support/run-cairn.ts';

const at = directoryPerTest();

async function store(name: string, stdin: string, ...options: string[]): Promise<string> {
  await must(['import', at(name), '-q', ...options], { stdin });
  return at(name);
}

describe('cairn diff', () => {
  let a = '';
  let b = '';

  beforeEach(async () => {
    a = await store('a', 'both\t1\nchanged\t1\nremoved\t1\nz-last\t1\n');
    b = await store('b', 'added\t1\nboth\t1\nchanged\t2\nz-last\t1\nzz-added\t1\n');
  });

  it('prints what differs in key order, and ends with 1', async () => {
    expect(await cairn(['diff', a, b])).toMatchObject({
      code: 1,
      out: '+ added\t1\n~ changed\t1\t2\n- removed\t1\n+ zz-added\t1\n',
      err: `1 only in ${a}, 2 only in ${b}, 1 changed, 2 equal\n`,
    });
    expect((await cairn(['diff', b, a, '--keys'])).out).toBe('- added\n~ changed\n+ removed\n- zz-added\n');
  });

  it('prints nothing for equal stores, however they are kept, and ends with 0', async () => {
    const stdin = Array.from({ length: 5000 }, (_, i) => `${i + 10_000}\t${i}\n`).join('');
    const one = await store('one', stdin);
    const other = await store('other', stdin, '--partition-bytes', '8k', '--compression', 'deflate');
    expect(await cairn(['diff', one, other])).toMatchObject({
      code: 0,
      out: '',
      err: `0 only in ${one}, 0 only in ${other}, 0 changed, 5,000 equal\n`,
    });
    const empty = await store('empty', '', '--allow-empty');
    expect(await cairn(['diff', empty, empty])).toMatchObject({ code: 0, out: '' });
    const removed = (await cairn(['diff', one, empty, '--keys'])).out;
    expect(removed).toBe(stdin.replaceAll(/(\d+)\t\d+\n/g, '- $1\n'));
  });

  it('does not read stores of the same content', async () => {
    const { partitions } = await storeInfo(a);
    const again = await store('again', 'both\t1\nchanged\t1\nremoved\t1\nz-last\t1\n');
    writeFileSync(
      `${again}/data/${(await storeInfo(again)).partitions[0].name}`,
      Buffer.alloc(partitions[0].bytes),
    );
    expect(await cairn(['diff', a, again])).toMatchObject({ code: 0, out: '' });
  });

  it('prints JSON, or nothing when quiet', async () => {
    expect((await cairn(['diff', a, b, '--json'])).out).toBe(
      '{"added":"added","value":"1"}\n{"changed":"changed","from":"1","to":"2"}\n' +
        '{"removed":"removed","value":"1"}\n{"added":"zz-added","value":"1"}\n',
    );
    expect(await cairn(['diff', a, b, '-q'])).toMatchObject({ code: 1, out: '' });
    expect(await cairn(['diff', a, a, '-q'])).toMatchObject({ code: 0, out: '' });
  });

  it('compares keys in the order of the store, not of JavaScript', async () => {
    const first = await store('first', '\uffee\t1\n\u{1f600}\t1\n');
    const second = await store('second', '\uffee\t1\n');
    expect((await cairn(['diff', first, second])).out).toBe('- \u{1f600}\t1\n');
    const third = await store('third', '\u{1f600}\t1\n');
    expect((await cairn(['diff', first, third])).out).toBe('- \uffee\t1\n');
  });

  it('compares tuples and bytes', async () => {
    for (const [name, value] of [
      ['t1', 1],
      ['t2', 2],
    ] as const) {
      await createStore(at(name), { keyEncoding: 'tuple' })
        .put(['a', 2], 'same')
        .put(['a', 10], { value })
        .close();
      await createStore(at(`b${name}`), { keyEncoding: 'binary', valueEncoding: 'binary' })
        .put(Uint8Array.of(1), Uint8Array.of(7))
        .put(Uint8Array.of(2), Uint8Array.of(value))
        .close();
    }
    expect(await cairn(['diff', at('t1'), at('t2')])).toMatchObject({
      code: 1,
      out: '~ ["a",10]\t{"value":1}\t{"value":2}\n',
    });
    expect(await cairn(['diff', at('bt1'), at('bt2')])).toMatchObject({
      code: 1,
      out: '~ 0x02\t0x01\t0x02\n',
    });
  });

  it('compares values of different encodings by what they say', async () => {
    await createStore(at('json'), { valueEncoding: 'json' })
      .put('a', { x: [1] })
      .put('b', 'text')
      .close();
    await createStore(at('msgpack'))
      .put('a', { x: [1] })
      .put('b', 'text')
      .close();
    expect(await cairn(['diff', at('json'), at('msgpack')])).toMatchObject({ code: 0, out: '' });
    await createStore(at('bigint'))
      .put('a', { x: [1n] })
      .put('b', 'text')
      .close();
    expect(await cairn(['diff', at('json'), at('bigint')])).toMatchObject({
      code: 1,
      out: '~ a\t{"x":[1]}\t{"x":[1]}\n',
    });
  });

  it('refuses keys of different encodings', async () => {
    await createStore(at('binary'), { keyEncoding: 'binary' }).close();
    const { code, err } = await cairn(['diff', a, at('binary')]);
    expect([code, err]).toEqual([2, expect.stringContaining("which can't be compared")]);
  });

  it('ends with 5 when a store is not there', async () => {
    expect(await cairn(['diff', a, at('nothing')])).toMatchObject({ code: 5, out: '' });
  });

  it('compares two versions of a collection, in which only what was written between them is read', async () => {
    const c = at('c');
    for (const input of ['a\t1\nb\t1\n', 'b\t2\nc\t1\n'])
      await must(['import', '--into', c, '-q'], { stdin: input });
    await must(['unset', c, 'a', '-q']);
    expect(await cairn(['diff', c, '--from', '1', '--to', '2'])).toMatchObject({
      code: 1,
      out: '~ b\t1\t2\n+ c\t1\n',
      err: '0 removed, 1 added, 1 changed\n',
    });
    expect(await cairn(['diff', c, '--from', '1', '--json'])).toMatchObject({
      code: 1,
      out: '{"removed":"a","value":"1"}\n{"changed":"b","from":"1","to":"2"}\n{"added":"c","value":"1"}\n',
    });
    expect((await cairn(['diff', c, '--from', '3', '--to', '1', '--keys'])).out).toBe('+ a\n~ b\n- c\n');
    expect((await cairn(['diff', c, '--from', '0', '--to', '1', '--keys'])).out).toBe('+ a\n+ b\n');
    expect(await cairn(['diff', c, '--from', '3'])).toMatchObject({
      code: 0,
      out: '',
      err: '0 removed, 0 added, 0 changed\n',
    });
    expect(await cairn(['diff', c, '--from', '1', '-q'])).toMatchObject({ code: 1, out: '' });
  });

  it('compares versions whose keys are addresses, and says what can not be compared', async () => {
    const c = at('addresses');
    await must(['set', c, '1.1.1.0', 'x', '--key-format', 'ip', '-q']);
    await must(['set', c, '9.9.9.0', 'y', '-q']);
    expect((await cairn(['diff', c, '--from', '1'])).out).toBe('+ 9.9.9.0\ty\n');
    for (const [args, message] of [
      [[c], 'name what to compare'],
      [[c, a, '--from', '1'], `leave ${a} out`],
      [[c, '--to', '1'], '--to belongs to --from'],
      [[c, '--from', '7'], '7'],
      [[a, '--from', '1'], 'not a collection'],
    ] as const) {
      const { code, out, err } = await cairn(['diff', ...args]);
      expect({ code: code > 0, out, hasMessage: err.includes(message) }).toEqual({
        code: true,
        out: '',
        hasMessage: true,
      });
    }
  });
});
