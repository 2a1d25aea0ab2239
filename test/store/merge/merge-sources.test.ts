import { expect, it } from 'vitest';
import { createStore, mergeStore, mergeStores, openStore, storeInfo } from '../../../src/index.ts';
import { failure } from '../../support/failures.ts';

async function store(uri: string, key: string, metadata: string, bytes?: number): Promise<string> {
  const keys = { keyEncoding: 'binary', valueEncoding: 'utf8', metadata: JSON.parse(metadata) } as const;
  const writer = await createStore(uri, keys);
  if (key !== '')
    writer.put(
      Uint8Array.from({ length: bytes ?? 1 }, () => key.charCodeAt(0)),
      key,
    );
  await writer.close();
  return uri;
}

it('members of metadata on which all sources agree are kept, whatever their names and the order of members', async () => {
  const root = 'memory:merge-sources/agree';
  const sources = [
    await store(
      `${root}/1`,
      'a',
      '{"__proto__":{"x":1},"toString":"t","deep":[{"a":1,"b":[]}],"day":1,"nil":null}',
    ),
    await store(
      `${root}/2`,
      'b',
      '{"nil":null,"deep":[{"b":[],"a":1}],"toString":"t","__proto__":{"x":1},"day":"1"}',
    ),
    await store(`${root}/3`, 'c', '{"deep":[{"b":[],"a":1}],"toString":"t","__proto__":{"x":1}}'),
  ];
  await mergeStores(sources, `${root}/to`);
  expect(JSON.stringify((await storeInfo(`${root}/to`)).metadata)).toBe(
    '{"__proto__":{"x":1},"toString":"t","deep":[{"a":1,"b":[]}]}',
  );
});

it.each([
  ['[1,2]', '[2,1]'],
  ['[]', '{}'],
  ['{"a":1}', '{"a":1,"b":1}'],
  ['{"0":1}', '[1]'],
  ['null', '0'],
])('%s and %s do not agree', async (a, b) => {
  const root = 'memory:merge-sources/differ';
  const sources = [
    await store(`${root}/${a}/1`, 'a', `{"m":${a}}`),
    await store(`${root}/${a}/2`, 'b', `{"m":${b}}`),
  ];
  await mergeStores(sources, `${root}/${a}/to`);
  expect((await storeInfo(`${root}/${a}/to`)).metadata).toEqual({});
});

it.each(['keyFormat', 'log'])(
  'stores of which only one has metadata.%s are not merged, either way',
  async (name) => {
    const root = `memory:merge-sources/${name}`;
    const [a, b] = [
      await store(`${root}/1`, 'a', `{"${name}":{"is":1}}`),
      await store(`${root}/2`, 'b', '{"else":1}'),
    ];
    for (const sources of [
      [a, b],
      [b, a],
    ]) {
      const { message } = await failure(mergeStores(sources, `${root}/to`), 'INVALID_ARGUMENT');
      expect(message).toContain(`memory:merge-sources/${name}/2`);
      await failure(mergeStore(sources[0], sources[1]), 'INVALID_ARGUMENT');
    }
    await using kept = await openStore(a, { keyEncoding: 'binary', valueEncoding: 'utf8' });
    expect(await kept.count()).toBe(1);
  },
);

it('addresses of 4 and of 16 bytes are not merged; other keys of any length are', async () => {
  const root = 'memory:merge-sources/bytes';
  const ip = [
    await store(`${root}/ip4`, 'a', '{"keyFormat":"ip"}', 4),
    await store(`${root}/ip16`, 'b', '{"keyFormat":"ip"}', 16),
    await store(`${root}/none`, '', '{"keyFormat":"ip"}'),
  ];
  await failure(mergeStores(ip, `${root}/to`), 'INVALID_ARGUMENT');
  await mergeStore(ip[2], ip[0]);
  const hex = [
    await store(`${root}/hex4`, 'a', '{"keyFormat":"hex"}', 4),
    await store(`${root}/hex16`, 'b', '{"keyFormat":"hex"}', 16),
  ];
  expect((await mergeStores(hex, `${root}/to`)).metadata).toEqual({ keyFormat: 'hex' });
});
