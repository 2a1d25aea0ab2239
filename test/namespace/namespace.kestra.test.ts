import { describe, expect, it } from 'vitest';
import { type Namespaces, openNamespaces, parseKvText } from '../../src/node/namespace.ts';
import { allOf } from '../support/all-of.ts';
import { failure } from '../support/failures.ts';

// What Kestra's tests say of its KV store, by the numbers under which they are collected, as far as the library has it. Those
// of templates are in render-template.test.ts, those of the command in test/command/namespaces.test.ts.

let number = 0;
let nowMs = Date.UTC(2026, 0, 1);

/** Namespaces whose clock stands still until a test moves it. */
function open(): Promise<Namespaces> {
  nowMs = Date.UTC(2026, 0, 1);
  return openNamespaces(`memory:kestra-${number++}`, { clock: () => nowMs });
}

/** Sets what a request's body says, as the server does, and reads it again. */
async function put(body: string): Promise<{ type: string; value: unknown; text: string }> {
  const ns = (await open()).namespace('io.namespace');
  const { type, text } = await parseKvText(body);
  await ns.set('my-key', text, { type });
  const entry = await ns.entry('my-key');
  if (entry === undefined) throw new Error('it is not there');
  return { type: entry.type, value: entry.value, text: entry.text };
}

describe('bodies', () => {
  it('K1 an object is JSON', async () => {
    expect(await put('{"hello":"world"}')).toMatchObject({ type: 'JSON', value: { hello: 'world' } });
  });
  it('K2 an array is JSON', async () => {
    expect(await put('["hello","world"]')).toMatchObject({ type: 'JSON', value: ['hello', 'world'] });
  });
  it('K3 a quoted string is a STRING', async () => {
    expect(await put('"hello"')).toMatchObject({ type: 'STRING', value: 'hello' });
  });
  it('K4 numbers are NUMBERs, and keep how they were written', async () => {
    expect(await put('1')).toEqual({ type: 'NUMBER', value: 1, text: '1' });
    expect(await put('1.0')).toEqual({ type: 'NUMBER', value: 1, text: '1.0' });
  });
  it('K5 true and false are BOOLEANs', async () => {
    expect(await put('true')).toMatchObject({ type: 'BOOLEAN', value: true });
    expect(await put('false')).toMatchObject({ type: 'BOOLEAN', value: false });
  });
  it('K6 a bare date is a DATE', async () => {
    const { type, value, text } = await put('2021-09-01');
    expect([type, String(value), text]).toEqual(['DATE', '2021-09-01', '2021-09-01']);
  });
  it('K7 a bare date-time is a DATETIME', async () => {
    const { type, value, text } = await put('2021-09-01T01:02:03Z');
    expect([type, String(value), text]).toEqual(['DATETIME', '2021-09-01T01:02:03Z', '2021-09-01T01:02:03Z']);
  });
  it('K8 a bare duration is a DURATION; a quoted one is a STRING, other than in Kestra', async () => {
    expect(await put('PT5S')).toMatchObject({ type: 'DURATION', text: 'PT5S' });
    expect(await put('"PT5S"')).toMatchObject({ type: 'STRING', value: 'PT5S' });
  });
  it('K9 text that is nothing else is a STRING', async () => {
    expect(await put('1.2.3')).toMatchObject({ type: 'STRING', value: '1.2.3' });
  });
});

describe('setting and getting', () => {
  it('K10 a ttl and a description are listed', async () => {
    const ns = (await open()).namespace('io.namespace');
    await ns.set('my-key', 'value', { ttl: 'PT5M', description: 'd' });
    const [listing] = await allOf(ns.list());
    expect(listing.description).toBe('d');
    expect(listing.expirationDate?.epochMilliseconds).toBe(nowMs + 5 * 60_000);
  });
  it('K11 an absent key is not there, and an error if that is asked for', async () => {
    const ns = (await open()).namespace('io.namespace');
    expect(await ns.get('my-key')).toBe(undefined);
    expect(await ns.entry('my-key')).toBe(undefined);
    const { message } = await failure(ns.get('my-key', { errorOnMissing: true }), 'NOT_FOUND');
    expect(message).toContain("No value found for key 'my-key' in namespace 'io.namespace'");
  });
  it('K12 an expired key says so, until it is purged', async () => {
    const ns = (await open()).namespace('io.namespace');
    await ns.set('my-key', 'value', { ttl: 'PT1S' });
    nowMs += 1000;
    for (let i = 0; i < 2; i++) {
      expect(await ns.get('my-key')).toBe(undefined);
      const { message } = await failure(ns.get('my-key', { errorOnMissing: true }), 'NOT_FOUND');
      expect(message).toContain('The requested value has expired');
      expect(await ns.entry('my-key', { includeExpired: true })).toMatchObject({
        isExpired: true,
        value: 'value',
      });
    }
    expect(await ns.purge()).toEqual({ size: 1 });
    expect((await failure(ns.get('my-key', { errorOnMissing: true }), 'NOT_FOUND')).message).toContain(
      'No value found',
    );
    expect(await ns.entry('my-key', { includeExpired: true })).toBe(undefined);
  });
  it('K13 keys of other characters are refused', async () => {
    const ns = (await open()).namespace('io.namespace');
    for (const key of ['bad$key', 'a/b']) {
      for (const call of [() => ns.get(key), () => ns.set(key, 1), () => ns.delete(key)]) {
        expect((await failure(call, 'INVALID_ARGUMENT')).message).toContain(
          'Key must start with an alphanumeric character (uppercase or lowercase) and can contain alphanumeric ' +
            'characters (uppercase or lowercase), dots (.), underscores (_), and hyphens (-) only.',
        );
      }
    }
    expect((await failure(ns.get(''), 'INVALID_ARGUMENT')).message).toBe('Key cannot be null or empty');
  });
  it('K14 keys have letters of both cases, dots and hyphens', async () => {
    const ns = (await open()).namespace('io.namespace');
    await ns.set('AN_UPPER.CASE-key', 1);
    expect(await ns.keys()).toEqual(['AN_UPPER.CASE-key']);
  });
  it('K15, K16 an expired key is listed only where that is asked for', async () => {
    const ns = (await open()).namespace('io.namespace');
    await ns.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 2, ttl: 1000 },
      { key: 'c', value: 3 },
    ]);
    nowMs += 1000;
    const keysOf = async (includeExpired: boolean): Promise<string[]> =>
      (await allOf(ns.list({ includeExpired }))).map(({ key }) => key);
    expect(await keysOf(false)).toEqual(['a', 'c']);
    expect(await keysOf(true)).toEqual(['a', 'b', 'c']);
    expect(await ns.keys()).toEqual(['a', 'c']);
  });
  it('K17 null is a value', async () => {
    const ns = (await open()).namespace('io.namespace');
    await ns.set('my-key', null);
    expect(await ns.get('my-key')).toBe(null);
    expect(await ns.get('my-key', { errorOnMissing: true })).toBe(null);
    expect(await put('null')).toMatchObject({ type: 'JSON', value: null });
  });
  it('K18 revisions count the sets', async () => {
    const ns = (await open()).namespace('io.namespace');
    expect(await ns.set('my-key', 'same')).toEqual({ revision: 1 });
    const first = await ns.entry('my-key');
    nowMs += 1;
    expect(await ns.set('my-key', 'same')).toEqual({ revision: 2 });
    const second = await ns.entry('my-key');
    expect(second?.revision).toBe(2);
    expect(second?.updateDate.epochMilliseconds).toBe(Number(first?.updateDate.epochMilliseconds) + 1);
    expect(String(second?.creationDate)).toBe(String(first?.creationDate));
  });
  it('K19 overwrite: false refuses a key that is there', async () => {
    const ns = (await open()).namespace('io.namespace');
    await ns.set('my-key', 'first', { overwrite: false });
    const { message } = await failure(ns.set('my-key', 'second', { overwrite: false }), 'ALREADY_EXISTS');
    expect(message).toBe(
      "Cannot set value for key 'my-key'. Key already exists and `overwrite` is set to `false`.",
    );
    expect(await ns.get('my-key')).toBe('first');
  });
  it('K20 a type makes values of strings', async () => {
    const ns = (await open()).namespace('io.namespace');
    await ns.set('number', '123.45', { type: 'NUMBER' });
    await ns.set('boolean', 'true', { type: 'BOOLEAN' });
    await ns.set('json', '[{"some":"value"},{"another":"value"}]', { type: 'JSON' });
    await ns.set('datetime', '2023-05-02T01:02:03Z', { type: 'DATETIME' });
    await ns.set('date', '2023-05-02', { type: 'DATE' });
    await ns.set('duration', 'P1DT5M', { type: 'DURATION' });
    await ns.set('string', 'P1DT5M', { type: 'STRING' });
    expect(await ns.get('number')).toBe(123.45);
    expect(await ns.get('boolean')).toBe(true);
    expect(await ns.get('json')).toEqual([{ some: 'value' }, { another: 'value' }]);
    expect(String(await ns.get('datetime'))).toBe('2023-05-02T01:02:03Z');
    expect(String(await ns.get('date'))).toBe('2023-05-02');
    expect(String(await ns.get('duration'))).toBe('P1DT5M');
    expect(await ns.get('string')).toBe('P1DT5M');
  });
  it('K21, K22 keys with and without a prefix', async () => {
    const ns = (await open()).namespace('io.namespace');
    expect(await ns.keys()).toEqual([]);
    for (const key of ['test-key', 'test-second-key', 'another-key']) await ns.set(key, 1);
    expect(await ns.keys({ prefix: 'test' })).toEqual(['test-key', 'test-second-key']);
    expect(await ns.keys()).toEqual(['another-key', 'test-key', 'test-second-key']);
  });
  it('K23 deleting says whether the key was there', async () => {
    const ns = (await open()).namespace('io.namespace');
    await ns.set('my-key', 1);
    expect(await ns.delete('my-key')).toBe(true);
    expect(await ns.delete('my-key')).toBe(false);
    expect((await failure(ns.delete('my-key', { errorOnMissing: true }), 'NOT_FOUND')).message).toBe(
      "No value found for key 'my-key' in namespace 'io.namespace' and `errorOnMissing` is set to true",
    );
  });
  it('K24 many are deleted at once', async () => {
    const ns = (await open()).namespace('io.namespace');
    await ns.set('my-key', 1);
    expect(await ns.deleteMany(['absent', 'my-key', 'my-key'])).toEqual(['my-key']);
    expect(await ns.deleteMany(['my-key'])).toEqual([]);
  });
});

describe('inheritance', () => {
  it('K25, K26 the nearest namespace above has the value; a named one inherits nothing', async () => {
    const namespaces = await open();
    await namespaces.namespace('my').set('k', 'of my');
    await namespaces.namespace('my.company').set('k', 'of my.company');
    expect(await namespaces.resolve('my.company.team', 'k')).toMatchObject({
      namespace: 'my.company',
      value: 'of my.company',
    });
    expect(await namespaces.namespace('my.company.team').get('k')).toBe(undefined);
    expect(await namespaces.resolve('my.companyteam', 'k')).toMatchObject({ namespace: 'my' });
    expect(await namespaces.resolve('mycompany', 'k')).toBe(undefined);
  });
  it('K27 what is inherited is listed without what is the own', async () => {
    const namespaces = await open();
    await namespaces.namespace('io').set('parent', 1);
    await namespaces.namespace('io').set('both', 1);
    await namespaces.namespace('io.namespace').set('both', 2);
    await namespaces.namespace('io.namespace').set('own', 2);
    const inherited = await allOf(namespaces.inherited('io.namespace'));
    expect(inherited.map(({ namespace, key }) => [namespace, key])).toEqual([['io', 'parent']]);
  });
  it('K28 pages hold what is live', async () => {
    const ns = (await open()).namespace('io.namespace');
    await ns.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 2, ttl: 0 },
      { key: 'c', value: 3 },
    ]);
    const page = async (after?: string): Promise<string[]> =>
      (await allOf(ns.list({ after, limit: 1 }))).map(({ key }) => key);
    expect([await page(), await page('a'), await page('c')]).toEqual([['a'], ['c'], []]);
  });
});

describe('purging', () => {
  it('K29 expired keys go by default, and no others', async () => {
    const ns = (await open()).namespace('io.namespace');
    await ns.setMany([
      { key: 'expired-1', value: 1, ttl: 0 },
      { key: 'expired-2', value: 1, ttl: 0 },
      { key: 'live', value: 1, ttl: 'P1D' },
      { key: 'endless', value: 1 },
    ]);
    expect(await ns.purge()).toEqual({ size: 2 });
    expect((await allOf(ns.list({ includeExpired: true }))).map(({ key }) => key)).toEqual([
      'endless',
      'live',
    ]);
    expect(await ns.purge({ expiredOnly: false })).toEqual({ size: 2 });
    expect(await ns.keys()).toEqual([]);
  });
  it('K30 a pattern chooses keys', async () => {
    const ns = (await open()).namespace('io.namespace');
    await ns.setMany(['key_1', 'key_2', 'not_found'].map((key) => ({ key, value: 1, ttl: 0 })));
    expect(await ns.purge({ keyPattern: '*ey*' })).toEqual({ size: 2 });
    expect(await ns.history('not_found')).toHaveLength(1);
  });
  it('K31 old revisions go by number or by time', async () => {
    const ns = (await open()).namespace('io.namespace');
    for (const value of [1, 2, 3]) await ns.set('my-key', value);
    expect(await ns.purge({ keepVersions: 2 })).toEqual({ size: 1 });
    expect((await ns.history('my-key')).map(({ value }) => value)).toEqual([3, 2]);
    await ns.set('other', 1);
    nowMs += 1000;
    await ns.set('other', 2);
    expect(await ns.purge({ before: new Date(nowMs), keyPattern: 'other' })).toEqual({ size: 1 });
    expect((await ns.history('other')).map(({ revision }) => revision)).toEqual([2]);
    // The newest one stays, however old it is.
    expect(await ns.purge({ before: '2030-01-01T00:00:00Z' })).toEqual({ size: 1 });
    expect(await ns.get('my-key')).toBe(3);
    expect(await ns.get('other')).toBe(2);
  });
  it('K32 number and time together are refused', async () => {
    const ns = (await open()).namespace('io.namespace');
    const { message } = await failure(ns.purge({ before: new Date(), keepVersions: 2 }), 'INVALID_ARGUMENT');
    expect(message).toBe("Cannot set both 'before' and 'keepVersions' properties");
  });
});
