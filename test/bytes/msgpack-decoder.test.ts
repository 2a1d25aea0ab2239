import { Encoder } from '@msgpack/msgpack';
import { afterEach, describe, expect, it } from 'vitest';
import { MsgpackDecoder } from '../../src/bytes/msgpack-decoder.ts';

const VALUE = { toString: 'x', secret: 's', y: 1, [`long ${'-'.repeat(40)}`]: 2, inner: { valueOf: [3] } };

const bytes = new Encoder().encode(VALUE);

/** The members of the value that is decoded, its own alone. */
function members(decoder = new MsgpackDecoder()): [string, unknown][] {
  const value = decoder.decode(bytes, 0, bytes.length) as object;
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  return Object.entries(value);
}

describe('MsgpackDecoder', () => {
  afterEach(() => {
    for (const name of ['secret', Object.keys(VALUE)[3]]) Reflect.deleteProperty(Object.prototype, name);
  });

  it('defines members whose names Object.prototype has a setter for', () => {
    for (const name of ['secret', Object.keys(VALUE)[3]]) {
      let taken: unknown;
      Object.defineProperty(Object.prototype, name, {
        configurable: true,
        get: () => taken,
        set: (value) => {
          taken = value;
        },
      });
      const decoder = new MsgpackDecoder();
      expect(members(decoder)).toEqual(Object.entries(VALUE));
      expect(members(decoder)).toEqual(Object.entries(VALUE));
      expect(taken).toBeUndefined();
    }
  });

  it('defines members that Object.prototype has come to forbid while the decoder was in use', () => {
    const decoder = new MsgpackDecoder();
    const before = new Encoder().encode({ secret: 's' });
    expect(decoder.decode(before, 0, before.length)).toEqual({ secret: 's' });
    Object.defineProperty(Object.prototype, 'secret', { configurable: true, value: 0, writable: false });
    expect(members(decoder)).toEqual(Object.entries(VALUE));
  });
});
