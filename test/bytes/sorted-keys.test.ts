import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SortedKeys } from '../../src/bytes/sorted-keys.ts';
import { setTextPlatform } from '../../src/bytes/utf8.ts';
import { nodeText } from '../../src/node/node-text.ts';

/** Keys over few letters and lengths, so that they share beginnings and tie on any six bytes. */
const key = fc.oneof(
  fc.uint8Array({ maxLength: 12, max: 2 }),
  fc.uint8Array({ maxLength: 4 }),
  fc.uint8Array({ minLength: 6, maxLength: 9, min: 254 }),
);

/** The same keys behind one long beginning that all share, or none. */
const keyList = fc
  .tuple(
    fc.constantFrom(0, 1, 5, 6, 7, 40, 300),
    fc.array(key, { maxLength: 40 }),
    fc.array(key, { maxLength: 40 }),
  )
  .map(([length, keys, probes]) => {
    const shared = Buffer.alloc(length, 7);
    const behind = (suffix: Uint8Array): Buffer => Buffer.concat([shared, suffix]);
    const sorted = unique(keys.map(behind));
    return {
      keys: sorted,
      probes: [
        ...probes.map(behind),
        ...probes.map((probe) => Buffer.from(probe)),
        ...sorted.flatMap((one) => [one, Buffer.concat([one, Buffer.of(0)]), one.subarray(0, -1)]),
        shared.subarray(0, length / 2),
        Buffer.concat([shared.subarray(0, length / 2), Buffer.of(255)]),
      ],
    };
  });

function unique(keys: Buffer[]): Buffer[] {
  return [...new Set(keys.map((one) => one.toString('hex')))]
    .map((hex) => Buffer.from(hex, 'hex'))
    .sort(Buffer.compare);
}

describe('SortedKeys', () => {
  it('`find()` gives the last key that is not greater, as a look at every key does', () => {
    fc.assert(
      fc.property(keyList, ({ keys, probes }) => {
        const sorted = SortedKeys.from(keys);
        for (const probe of probes) {
          const wanted = keys.filter((one) => Buffer.compare(one, probe) <= 0).length - 1;
          // More memory than key: only the first `length` bytes count.
          const buffer = new Uint8Array(probe.length + 3).fill(9);
          buffer.set(probe);
          expect(sorted.find(buffer, probe.length)).toBe(wanted);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('`at()` gives each key back and `compareAt()` orders them', () => {
    fc.assert(
      fc.property(keyList, ({ keys, probes }) => {
        const sorted = SortedKeys.from(keys);
        expect(sorted.length).toBe(keys.length);
        for (const [i, one] of keys.entries()) {
          expect(Buffer.compare(sorted.at(i), one)).toBe(0);
          for (const probe of probes) {
            expect(Math.sign(sorted.compareAt(i, probe, probe.length))).toBe(Buffer.compare(one, probe));
          }
        }
      }),
    );
  });

  it('finds nothing among no keys, and the only one among one', () => {
    expect(SortedKeys.from([]).find(Buffer.from('a'), 1)).toBe(-1);
    const one = SortedKeys.from([Buffer.from('m')]);
    expect(['a', 'm', 'ma', 'z', ''].map((text) => one.find(Buffer.from(text), text.length))).toEqual([
      -1, 0, 0, 0, -1,
    ]);
  });
});

describe.each([
  ['by bytes', undefined],
  ['by the text of a platform', nodeText],
])('`ascends()` %s', (_, platform) => {
  beforeEach(() => setTextPlatform(platform));
  afterEach(() => setTextPlatform());

  it('says of any list whether it is in order', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 6 }), fc.boolean(), (keys, ordered) => {
        const list = keys.map((one) => Buffer.from(one));
        if (ordered) list.sort(Buffer.compare);
        const ascends = list.every((one, i) => i === 0 || Buffer.compare(list[i - 1], one) < 0);
        expect(SortedKeys.from(list).ascends()).toBe(ascends);
      }),
      { numRuns: 2000 },
    );
  });

  it('notices a key that leaves what the first and the last one share', () => {
    const list = ['aa1', 'zz15', 'aa2'].map((text) => Buffer.from(text));
    expect(SortedKeys.from(list).ascends()).toBe(false);
    expect(SortedKeys.from(['aa1', 'aa15', 'aa2'].map((text) => Buffer.from(text))).ascends()).toBe(true);
  });
});
