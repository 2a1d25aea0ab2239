import { expect, it } from 'vitest';
import { groupsOf } from '../../../src/server/page/key-groups.ts';

it('groups keys by the shortest beginnings that tell some apart', () => {
  const keys = Array.from({ length: 1000 }, (_, i) => `key-${String(i).padStart(4, '0')}`);
  expect(groupsOf(keys)).toEqual(Array.from({ length: 10 }, (_, i) => ({ label: `key-0${i}`, value: 10 })));
  expect(groupsOf(['a', 'a1', 'b'])).toEqual([
    { label: 'a', value: 33.3 },
    { label: 'a1', value: 33.3 },
    { label: 'b', value: 33.3 },
  ]);
});

it('draws no more bars than can be seen, whatever the keys are', () => {
  const keys = Array.from({ length: 500 }, (_, i) => String.fromCodePoint(0x4e00 + i));
  expect(groupsOf(keys).length).toBeLessThanOrEqual(96);
  expect(groupsOf(Array(50).fill('x'.repeat(60)))).toEqual([{ label: 'x'.repeat(40), value: 100 }]);
  expect(groupsOf([])).toEqual([]);
});
