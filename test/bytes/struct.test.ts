import { describe, expect, it } from 'vitest';
import type { Region } from '../../src/bytes/corruption.ts';
import { encodeStruct, Struct } from '../../src/bytes/struct.ts';
import { failureNow } from '../support/failures.ts';

const REGION: Region = { file: 'f', section: 's', offset: 100 };
const FIELDS = { small: 'u16', middle: 'u32', large: 'u64', length: 'size' } as const;
const STRUCT: Struct<typeof FIELDS> = new Struct(FIELDS);
const VALUE = { small: 0x0102, middle: 0xf3040506, large: 0xf708090a0b0c0d0en, length: 2 ** 53 - 1 };

describe('Struct', () => {
  it('lays the fields out in the order of their declaration, without gaps', () => {
    expect(STRUCT.length).toBe(22);
    expect(STRUCT.fields).toEqual([
      { name: 'small', type: 'u16', offset: 0, length: 2 },
      { name: 'middle', type: 'u32', offset: 2, length: 4 },
      { name: 'large', type: 'u64', offset: 6, length: 8 },
      { name: 'length', type: 'size', offset: 14, length: 8 },
    ]);
  });

  it('encodes in little-endian order, and decodes the same values', () => {
    const bytes = encodeStruct(STRUCT, VALUE);
    expect(Buffer.from(bytes).toString('hex')).toBe('0201060504f30e0d0c0b0a0908f7ffffffffffff1f00');
    expect(STRUCT.decode(bytes, REGION)).toEqual(VALUE);
  });

  it('decodes from any region in memory', () => {
    const memory = new Uint8Array(30);
    memory.set(encodeStruct(STRUCT, VALUE), 5);
    expect(STRUCT.decode(memory.subarray(5), REGION)).toEqual(VALUE);
  });

  it('refuses bytes that end too early, naming where they do', () => {
    const error = failureNow(
      () => STRUCT.decode(encodeStruct(STRUCT, VALUE).subarray(0, 13), REGION),
      'CORRUPTION',
    );
    expect(error).toMatchObject({ file: 'f', section: 's', offset: 113 });
  });

  it('refuses a size that no double holds exactly', () => {
    const bytes = encodeStruct(STRUCT, { ...VALUE, length: 2 ** 53 });
    expect(failureNow(() => STRUCT.decode(bytes, REGION), 'CORRUPTION').offset).toBe(114);
  });
});
