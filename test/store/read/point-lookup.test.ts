import { expect, it } from 'vitest';
import { arrayOf } from '../../../src/store/read/point-lookup.ts';

it.each([
  ['a Uint8Array', new Uint8Array(1)],
  ['a Buffer', Buffer.alloc(1)],
])('keys that a source makes in one buffer again and again are copied: %s', (_, buffer) => {
  function* keys(): Generator<Uint8Array> {
    for (buffer[0] = 0; buffer[0] < 3; buffer[0]++) yield buffer;
  }
  expect(arrayOf(keys()).map(([byte]) => byte)).toEqual([0, 1, 2]);
});
