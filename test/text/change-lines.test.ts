import { gen } from 'stream-chain/core';
import { pipe } from 'stream-chain/utils/pipe.js';
import { describe, expect, it } from 'vitest';
import { type ChangeLineOptions, type LineChange, parseChangeLines } from '../../src/text/change-lines.ts';
import { lineBlocks } from '../../src/text/line-blocks.ts';

const encoder = new TextEncoder();
const TEXT: ChangeLineOptions = { keyEncoding: 'utf8', valueEncoding: 'utf8' };

async function read(
  input: string | Uint8Array,
  options: ChangeLineOptions = TEXT,
): Promise<{ changes: LineChange[]; problems: string[] }> {
  const problems: string[] = [];
  const parse = parseChangeLines(options, ({ place, problem }) => problems.push(`${place}: ${problem}`));
  async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    // Lines span chunks.
    for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
  }
  const changes: LineChange[] = [];
  const bytes = typeof input === 'string' ? encoder.encode(input) : input;
  for await (const some of pipe(gen(chunks, lineBlocks(), parse))<LineChange | LineChange[]>(bytes)) {
    changes.push(...[some].flat());
  }
  return { changes, problems };
}

describe('parseChangeLines()', () => {
  it('reads changes and their lines, and skips blank lines and a mark', async () => {
    const { changes, problems } = await read(
      '\ufeff{"set":["a","1"]}\r\n\n  {"delete":"b"} \n{"set":["c",""]}',
    );
    expect(problems).toEqual([]);
    expect(changes).toEqual([
      { line: 1, key: 'a', value: '1' },
      { line: 3, key: 'b', value: undefined },
      { line: 4, key: 'c', value: '' },
    ]);
  });

  it('reads keys and values as the encodings keep them', async () => {
    const tuples: ChangeLineOptions = { keyEncoding: 'tuple', valueEncoding: 'msgpack' };
    expect((await read('{"set":[["a",1],{"at":{"$bigint":"5"}}]}\n', tuples)).changes).toEqual([
      { line: 1, key: ['a', 1], value: { at: 5n } },
    ]);
    const bytes: ChangeLineOptions = { keyEncoding: 'binary', valueEncoding: 'binary' };
    expect((await read('{"set":["a",{"$bytes":"00ff"}]}\n', bytes)).changes).toEqual([
      { line: 1, key: encoder.encode('a'), value: Uint8Array.of(0, 255) },
    ]);
    const named = { ...bytes, keyOfText: (text: string) => Uint8Array.of(Number(text)) };
    expect((await read('{"delete":"7"}\n{"delete":{"$bytes":"08"}}\n', named)).changes).toEqual([
      { line: 1, key: Uint8Array.of(7), value: undefined },
      { line: 2, key: Uint8Array.of(8), value: undefined },
    ]);
    const json: ChangeLineOptions = { keyEncoding: 'utf8', valueEncoding: 'json' };
    expect((await read('{"set":["a",null]}\n', json)).changes).toEqual([{ line: 1, key: 'a', value: null }]);
  });

  it.each([
    ['{"del":"a"}'],
    ['{}'],
    ['["set"]'],
    ['"set"'],
    ['null'],
    ['{"set":"a"}'],
    ['{"set":["a"]}'],
    ['{"set":["a","b","c"]}'],
    ['{"set":["a","b"],"delete":"a"}'],
    ['{"__proto__":"a"}'],
  ])('refuses %s, and names the line', async (line) => {
    const { changes, problems } = await read(`{"set":["a","1"]}\n${line}\n{"delete":"b"}\n`);
    expect(problems).toEqual(['2: a change is {"set":[key,value]} or {"delete":key}']);
    expect(changes.map(({ line: at }) => at)).toEqual([1, 3]);
  });

  it('refuses what is no JSON, a number that is altered, a member twice and bytes that are not UTF-8', async () => {
    const numbers: ChangeLineOptions = { keyEncoding: 'utf8', valueEncoding: 'json' };
    const lines = '{"set":["a",\n{"set":["a",12345678901234567890]}\n{"delete":"a","delete":"b"}\n';
    const { changes, problems } = await read(lines, numbers);
    expect(changes).toEqual([]);
    expect(problems).toHaveLength(3);
    expect(problems[0]).toMatch(/^1: .*JSON/);
    expect(problems[1]).toContain('12345678901234567890');
    expect(problems[2]).toContain('twice');
    const broken = Uint8Array.of(
      ...encoder.encode('{"delete":"a"}\n{"delete":"'),
      0xff,
      ...encoder.encode('"}\n'),
    );
    expect((await read(broken)).problems).toEqual(['2: the byte 0xff at offset 26 is not UTF-8']);
  });
});
