import { expect, it } from 'vitest';
import { openCollection } from '../../../src/collection/index.ts';
import '../../../src/node/register.ts';
import { failure } from '../../support/failures.ts';

/** A schema that takes numbers. */
const NUMBERS = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) =>
      typeof value === 'number' ? { value } : { issues: [{ message: 'no number' }] },
  },
} as const;

it('a difference whose value does not meet the schema, or has other bytes than its encoding, fails as a read does', async () => {
  const uri = `memory:${crypto.randomUUID()}`;
  await using texts = await openCollection(uri, { valueEncoding: 'json' });
  await texts.commit([{ set: ['a', 1] }, { set: ['b', 'text'] }]);
  await using numbers = await openCollection(uri, { schema: NUMBERS });
  const all = async (): Promise<unknown[]> => {
    const found: unknown[] = [];
    for await (const difference of numbers.diff(0)) found.push(difference);
    return found;
  };
  const error = await failure(all, 'SCHEMA_MISMATCH');
  expect(error.message).toContain('"b"');
  await texts.delete('b');
  await numbers.refresh();
  expect(await all()).toEqual([{ key: 'a', after: 1 }]);
});
