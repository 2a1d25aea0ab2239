import { describe, expect, it } from 'vitest';
import { rangePartitioner, type Splitters } from '../../src/batch/index.ts';
import { toHex } from '../../src/bytes/hex.ts';
import { keyCodecFor } from '../../src/codec/keys/key-codecs.ts';

describe('rangePartitioner', () => {
  it('sends a key to the task whose range it is in, equal ones to the upper side', () => {
    const { taskOf } = rangePartitioner<string>({ keyEncoding: 'utf8', keys: ['62', '64'] });
    expect(['', 'a', 'aé', 'b', 'b\u0000', 'c', 'd', '😀'].map(taskOf)).toEqual([0, 0, 0, 1, 1, 1, 2, 2]);
  });

  it('goes by the order of the store, not of JavaScript', () => {
    // U+10000 comes before U+FFFD in UTF-16.
    const { taskOf } = rangePartitioner<string>({ keyEncoding: 'utf8', keys: ['efbfbd'] });
    expect(['\uFFFC', '\uFFFD', '\u{10000}'].map(taskOf)).toEqual([0, 1, 1]);
    const zero = new Uint8Array(65_536);
    const length = keyCodecFor('number').encodeInto(0, zero);
    const keys = [toHex(zero.subarray(0, length))];
    const numbers = rangePartitioner<number>({ keyEncoding: 'number', keys });
    expect([-10, -9, -1].map(numbers.taskOf)).toEqual([0, 0, 0]);
    expect([0.5, 9, 10].map(numbers.taskOf)).toEqual([1, 1, 1]);
  });

  it('knows one task without splitters', () => {
    expect(rangePartitioner({ keyEncoding: 'tuple', keys: [] }).taskOf(['a', 1])).toBe(0);
  });

  it('refuses a key of another type', () => {
    const { taskOf } = rangePartitioner<unknown>({ keyEncoding: 'utf8', keys: [] });
    expect(() => taskOf(7)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'key' }));
  });

  it.each([
    undefined,
    null,
    ['62'],
    { keyEncoding: 'utf-8', keys: [] },
    { keyEncoding: 'utf8', keys: ['6'] },
    { keyEncoding: 'utf8', keys: [98] },
    { keyEncoding: 'utf8', keys: ['62', '62'] },
    { keyEncoding: 'utf8', keys: ['63', '62'] },
  ])('refuses %j', (splitters) => {
    expect(() => rangePartitioner(splitters as unknown as Splitters)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'splitters' }),
    );
  });
});
