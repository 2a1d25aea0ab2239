import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ancestorsOf, checkKey, checkName } from '../../src/namespace/names.ts';
import { openNamespaces } from '../../src/node/namespace.ts';
import { allOf } from '../support/all-of.ts';
import { failure, failureNow } from '../support/failures.ts';
import { filePlace, schemePlace } from '../support/places.ts';

/** What neither a key nor a namespace can be called. */
const REFUSED = [
  '',
  '.',
  '..',
  '../x',
  'a/b',
  'a\\b',
  '/a',
  'a%2Fb',
  '%2e%2e',
  'a\0b',
  'a b',
  ' a',
  'a\n',
  '-a',
  '_a',
  '.a',
  'ä',
  '\u202Eabc',
  'abc\u200B',
  'a\u0301',
  '١',
  'A\u212A',
  'con:',
  'a*',
  'a'.repeat(4097),
  '\ud800',
  null,
  undefined,
  5,
  {},
  ['a'],
];

/** Names that file systems treat in their own ways, and that are as good as others here. */
const ACCEPTED = [
  'a',
  'A',
  'CON',
  'con',
  'nul',
  'aux.txt',
  'COM1',
  'lpt9',
  'Desktop.ini',
  'MANIFEST.json',
  'COLLECTION.json',
  'constructor',
  '0',
  'a--b__c',
  'x'.repeat(300),
  `${'y'.repeat(300)}.json`,
];

describe('names', () => {
  it.each(REFUSED.map((name) => [name]))('%j is refused', (name) => {
    failureNow(() => checkKey(name), 'INVALID_ARGUMENT');
    failureNow(() => checkName(name), 'INVALID_ARGUMENT');
  });

  it.each([['a.'], ['a..b'], ['a.-b'], ['a._b'], ['a. b']])('a namespace is not called %j', (name) => {
    failureNow(() => checkName(name), 'INVALID_ARGUMENT');
  });

  it('have ancestors, the nearest first', () => {
    expect(ancestorsOf('a.b-1.c')).toEqual(['a.b-1', 'a']);
    expect(ancestorsOf('a')).toEqual([]);
  });
});

for (const place of [schemePlace('memory:'), filePlace()]) {
  describe(`hostile names in ${place.name}`, () => {
    afterAll(() => place.cleanUp());

    it('are refused by every call, and leave nothing', async () => {
      const root = `${await place.root()}/kv`;
      const namespaces = await openNamespaces(root);
      const ns = namespaces.namespace('safe');
      for (const name of REFUSED as string[]) {
        failureNow(() => namespaces.namespace(name), 'INVALID_ARGUMENT');
        failureNow(() => namespaces.inherited(name), 'INVALID_ARGUMENT');
        for (const call of [
          () => namespaces.create(name),
          () => namespaces.exists(name),
          () => namespaces.delete(name),
          () => namespaces.resolve(name, 'k'),
          () => namespaces.resolve('safe', name),
          () => ns.set(name, 1),
          () =>
            ns.setMany([
              { key: 'fine', value: 1 },
              { key: name, value: 1 },
            ]),
          () => ns.get(name),
          () => ns.entry(name),
          () => ns.history(name),
          () => ns.delete(name),
          () => ns.deleteMany(['fine', name]),
        ])
          await failure(call, 'INVALID_ARGUMENT');
      }
      expect(await namespaces.list()).toEqual([]);
      if (place.name === 'file:') expect(() => readdirSync(root)).toThrow('ENOENT');
      await namespaces.close();
    });

    it('that are allowed are kept apart, and are no names of files', async () => {
      const root = `${await place.root()}/kv`;
      const namespaces = await openNamespaces(root);
      const inOrder = [...ACCEPTED].sort();
      for (const [i, name] of ACCEPTED.entries()) {
        await namespaces.namespace(name).set(name, i);
        await namespaces.namespace('all').set(name, i);
      }
      await namespaces.close();
      const again = await openNamespaces(root, { readOnly: true });
      expect(await again.list()).toEqual([...ACCEPTED, 'all'].sort());
      expect(await again.namespace('all').keys()).toEqual(inOrder);
      for (const [i, name] of ACCEPTED.entries()) {
        expect(await again.namespace(name).get(name)).toBe(i);
        expect(await again.namespace('all').get(name)).toBe(i);
      }
      await again.close();
      if (place.name === 'file:') expect(readdirSync(root)).toEqual(['_namespaces']);
    });

    it('as prefixes and places to go on from find nothing but what begins so', async () => {
      const namespaces = await openNamespaces(`${await place.root()}/kv`);
      const ns = namespaces.namespace('a');
      await ns.set('key', 1);
      await namespaces.namespace('a.b').set('other', 1);
      for (const prefix of ['/', '../', '\0', 'é', '\u{10FFFF}', 'key/'])
        expect(await ns.keys({ prefix })).toEqual([]);
      expect(await allOf(ns.list({ after: '\u{10FFFF}' }))).toEqual([]);
      expect(await allOf(ns.list({ after: '' }))).toHaveLength(1);
      expect(await namespaces.list({ prefix: 'a/' })).toEqual([]);
      expect(await namespaces.list({ prefix: 'a.' })).toEqual(['a.b']);
      await failure(ns.keys({ prefix: '\ud800' }), 'INVALID_ARGUMENT');
      await namespaces.close();
    });
  });
}
