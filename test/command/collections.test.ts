import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Interruption } from '../../src/cli/terminal/failure.ts';
import { openCollection, sweepCollection } from '../../src/node/collection.ts';
import {
  createStore,
  deleteStore,
  listStores,
  mergeStores,
  openStore,
  renameStore,
  salvageStore,
  storeInfo,
  sweepStores,
  verifyStore,
} from '../../src/node/index.ts';
import { directoryPerTest } from '../support/directory-per-test.ts';
import { HttpServer } from '../support/http-server.ts';
import { cairn, must } from '../support/run-cairn.ts';

const at = directoryPerTest();
let prices = '';

beforeEach(async () => {
  prices = at('prices');
  await must(['set', prices, 'apple', '1.20', '-q']);
  await must(['apply', prices, '-q'], { stdin: '{"set":["fig","3"]}\n{"set":["pear","0.90"]}\n' });
});

/** All that a command that must change nothing leaves as it is. */
async function contents(uri = prices): Promise<string> {
  const { version } = JSON.parse((await must(['info', uri, '--json'])).out) as { version: number };
  return `${version}\n${(await must(['scan', uri])).out}`;
}

describe('every reading command on a collection', () => {
  it('reads the newest version, or another', async () => {
    await must(['unset', prices, 'fig', '-q']);
    expect((await must(['get', prices, 'apple', 'pear'])).out).toBe('1.20\n0.90\n');
    expect(await cairn(['get', prices, 'fig'])).toMatchObject({
      code: 1,
      err: `cairn: ${prices} has no key "fig"\n`,
    });
    expect((await must(['get', prices, 'fig', '--version', '2'])).out).toBe('3\n');
    expect((await must(['floor', prices, 'melon'])).out).toBe('apple\t1.20\n');
    expect((await must(['floor', prices, 'melon', '--version', '2'])).out).toBe('fig\t3\n');
    expect((await must(['scan', prices, '--reverse', '--keys'])).out).toBe('pear\napple\n');
    expect((await must(['scan', prices, '--version', '1'])).out).toBe('apple\t1.20\n');
    expect((await must(['count', prices])).out).toBe('2\n');
    expect((await must(['count', prices, '--version', '2', '--gte', 'b'])).out).toBe('2\n');
    expect((await must(['export', prices, '--format', 'jsonl', '--version', '1'])).out).toBe(
      '{"key":"apple","value":"1.20"}\n',
    );
    expect((await must(['export', prices, '-o', at('out.tsv')])).err).toBe('exported 2 entries\n');
    expect(readFileSync(at('out.tsv'), 'utf8')).toBe('apple\t1.20\npear\t0.90\n');
    expect((await must(['verify', prices])).out).toMatch(/^ok: /);
  });

  it('describes it', async () => {
    const { out } = await must(['info', prices]);
    expect(out).toMatch(/^collection +\S*prices$/m);
    expect(out).toMatch(/^version +2$/m);
    expect(out).toMatch(/^generations +1$/m);
    expect(JSON.parse((await must(['info', prices, '--json'])).out)).toMatchObject({
      version: 2,
      keyEncoding: 'utf8',
      metadata: {},
      generations: [{ entries: 3, tombstones: 0 }],
    });
  });

  it('lists it beside stores', async () => {
    await must(['import', at('store'), '-q'], { stdin: 'a\t1\n' });
    mkdirSync(at('other/COLLECTION.json'), { recursive: true });
    const { out } = await must(['list', dirname(prices)]);
    expect(out).toMatch(/^store .*\n\S*\/store +1 /);
    expect(out).toMatch(/\ncollection .*\n\S*\/prices +2 /);
    const lines = (await must(['list', dirname(prices), '--json'])).out.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ count: 1 }, { version: 2 }]);
    writeFileSync(`${prices}/COLLECTION.json`, '{}');
    const damaged = await must(['list', dirname(prices)]);
    expect(damaged.out).not.toContain('prices');
    expect(damaged.err).toMatch(/^cairn: skipped: .*COLLECTION\.json/);
  });

  it('compares it with a store', async () => {
    await must(['import', at('store'), '-q'], { stdin: 'apple\t1.20\nfig\t4\nquince\t2\n' });
    expect(await cairn(['diff', prices, at('store')])).toMatchObject({
      code: 1,
      out: '~ fig\t3\t4\n- pear\t0.90\n+ quince\t2\n',
    });
    expect((await must(['diff', prices, prices])).out).toBe('');
  });

  it('copies the newest version as a collection of its own', async () => {
    const copy = at('copy');
    expect((await must(['copy', prices, copy])).err).toMatch(/^copied the newest version, /);
    expect(await contents(copy)).toBe('1\napple\t1.20\nfig\t3\npear\t0.90\n');
    await must(['set', copy, 'fig', '5', '-q']);
    expect(await contents()).toBe('2\napple\t1.20\nfig\t3\npear\t0.90\n');
    expect((await must(['verify', copy, '-q'])).out).toBe('');
    expect(await cairn(['copy', prices, copy])).toMatchObject({ code: 2 });
    expect(await cairn(['copy', prices, at('again'), '--resume'])).toMatchObject({ code: 2 });
    expect(existsSync(at('again'))).toBe(false);
  });

  it('deletes it, and what is left of one', async () => {
    await must(['delete', prices]);
    expect(existsSync(prices)).toBe(false);
    await must(['set', prices, 'a', '1', '-q']);
    await deleteDefinition();
    await must(['delete', prices]);
    expect(existsSync(prices)).toBe(false);
    await must(['set', prices, 'a', '1', '-q']);
    writeFileSync(`${prices}/notes.txt`, 'mine');
    expect(await cairn(['delete', prices])).toMatchObject({
      code: 5,
      err: expect.stringContaining('notes.txt'),
    });
    expect(await contents()).toBe('1\na\t1\n');
  });

  async function deleteDefinition(): Promise<void> {
    const { rmSync } = await import('node:fs');
    rmSync(`${prices}/COLLECTION.json`);
  }

  it('sweeps it, alone or with what lies beside it', async () => {
    const orphan = `${prices}/data/part-00000-0123456789abcdef.cairn`;
    for (const root of [prices, dirname(prices)]) {
      mkdirSync(`${prices}/data`, { recursive: true });
      writeFileSync(orphan, 'left by a writer');
      expect((await must(['sweep', root])).err).toBe('removed 0 files, 0 B\n');
      expect((await must(['sweep', root, '--older-than', '0', '--dry-run'])).out).toContain(
        '0123456789abcdef',
      );
      expect((await must(['sweep', root, '--older-than', '0'])).err).toBe('removed 1 file, 16 B\n');
      expect(existsSync(orphan)).toBe(false);
    }
    expect(await contents()).toBe('2\napple\t1.20\nfig\t3\npear\t0.90\n');
  });

  it('verifies it, and names the file that is damaged', async () => {
    const [newest] = readdirSync(`${prices}/versions`).sort();
    const file = `${prices}/versions/${newest}`;
    const bytes = readFileSync(file);
    bytes[40] ^= 1;
    writeFileSync(file, bytes);
    const { code, out, err } = await cairn(['verify', prices]);
    expect(code).toBe(3);
    expect(out).toContain(newest);
    expect(err).toContain('is damaged');
    expect((await cairn(['get', prices, 'apple'])).code).toBe(3);
    expect((await cairn(['set', prices, 'apple', '2'])).code).toBe(3);
  });
});

describe('a collection behind a web server', () => {
  let server: HttpServer;
  beforeEach(async () => {
    server = await HttpServer.start(dirname(prices));
  });
  afterEach(() => server.close());

  it('is read, and not written', async () => {
    const url = `${server.origin}/prices`;
    expect((await must(['get', url, 'fig'])).out).toBe('3\n');
    expect((await must(['scan', url, '--limit', '1'])).out).toBe('apple\t1.20\n');
    expect((await must(['info', url, '--json'])).out).toContain('"version":2');
    expect((await must(['copy', url, at('copy'), '-q'])).code).toBe(0);
    expect((await must(['scan', at('copy')])).out).toBe((await must(['scan', prices])).out);
    for (const change of [
      ['set', url, 'a', '1'],
      ['unset', url, 'fig'],
      ['apply', url],
      ['compact', url],
      ['revert', url, '1'],
      ['import', '--into', url],
    ]) {
      const { code, err } = await cairn(change, { stdin: '' });
      expect([code, err.split('\n').length]).toEqual([2, 2]);
      expect(err).toMatch(/for reading only/);
    }
    expect(await cairn(['get', `${server.origin}/nothing`, 'a'])).toMatchObject({ code: 5 });
    expect((await cairn(['set', `${server.origin}/nothing`, 'a', '1'])).code).toBe(2);
  });
});

describe('calls for stores at the URI of a collection', () => {
  const message = /prices is a collection, not a store: open it with openCollection of cairnkv\/collection/;

  it('say what is there, and change nothing', async () => {
    const before = await contents();
    await createStore(at('store'), { valueEncoding: 'utf8' }).put('a', '1').close();
    for (const call of [
      () => openStore(prices),
      () => storeInfo(prices),
      () => verifyStore(prices),
      () => deleteStore(prices),
      () => sweepStores(prices, { olderThanMs: 0 }),
      () => renameStore(prices, at('moved')),
      () => mergeStores([at('store'), prices], at('merged')),
      () => salvageStore(prices, at('saved')),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'NOT_A_STORE',
        message: expect.stringMatching(message),
      });
    }
    for (const call of [
      () => createStore(prices).put('a', 1).close(),
      () => renameStore(at('store'), prices),
      () => mergeStores([at('store')], prices),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
        message: expect.stringContaining('is already a collection'),
      });
    }
    const stores: string[] = [];
    for await (const { uri } of listStores(dirname(prices))) stores.push(uri);
    expect(stores).toEqual([at('store')]);
    expect(await sweepStores(dirname(prices), { olderThanMs: 0 })).toEqual([]);
    expect(await contents()).toBe(before);
    expect(await sweepCollection(prices, { olderThanMs: 0 })).toEqual([]);
  });
});

describe('wrong use of a collection', () => {
  it.each<readonly [string, readonly string[], number, RegExp]>([
    [
      'another encoding of values',
      ['set', '', 'a', '1', '--value-encoding', 'json'],
      2,
      /has values of the encoding 'utf8', not 'json'; leave --value-encoding out/,
    ],
    [
      'another encoding of keys',
      ['import', '--into', '', '--key-encoding', 'binary'],
      2,
      /has keys of the encoding 'utf8', not 'binary'/,
    ],
    ['a version that is not there yet', ['revert', '', '9'], 5, /has no version 9: they go from 1 to 2/],
    ['reading a version that is not there', ['get', '', 'fig', '--version', '9'], 5, /has no version 9/],
    [
      'a condition that does not hold',
      ['apply', '', '--if-version', '1'],
      2,
      /the newest version of .* is 2, not 1/,
    ],
    ['no number', ['revert', '', 'x'], 2, /Write a whole number/],
    ['renaming', ['rename', '', 'other'], 5, /is a collection: this command is for stores/],
    [
      'options of stores',
      ['import', '--into', '', '--sort'],
      2,
      /--sort is for stores, and a collection takes entries in any order/,
    ],
    [
      'a rule for equal keys',
      ['import', '--into', '', '--on-duplicate', 'first'],
      2,
      /--on-duplicate first is for stores/,
    ],
    ['an empty replacement', ['import', '--into', '', '--replace'], 2, /--replace would leave nothing/],
    ['a key that is empty', ['set', '', '', '1'], 2, /key/],
    [
      'no version to keep',
      ['compact', '', '--keep-versions', '0'],
      2,
      /--keep-versions must be a positive integer/,
    ],
  ])('%s is one line, and changes nothing', async (_, argv, code, message) => {
    const before = await contents();
    let isNamed = false;
    const words = argv.map((word) => {
      if (word !== '' || isNamed) return word;
      isNamed = true;
      return prices;
    });
    const outcome = await cairn(words, { stdin: argv[0] === 'apply' ? '{"delete":"fig"}\n' : '' });
    expect(outcome).toMatchObject({ code, out: '' });
    expect(outcome.err).toMatch(/^cairn: [^\n]+\n$/);
    expect(outcome.err).toMatch(message);
    expect(await contents()).toBe(before);
  });

  it('names what is gone, and how to keep more', async () => {
    await must(['compact', prices, '--full', '-q']);
    expect(await cairn(['revert', prices, '1'])).toMatchObject({
      code: 5,
      err: expect.stringContaining('Keep more of them with --keep-versions'),
    });
    expect((await cairn(['scan', prices, '--version', '1'])).code).toBe(5);
  });

  it('of a store says what it is', async () => {
    await must(['import', at('store'), '-q'], { stdin: 'a\t1\n' });
    for (const argv of [
      ['set', at('store'), 'a', '2'],
      ['apply', at('store')],
      ['import', '--into', at('store')],
      ['history', at('store')],
      ['compact', at('store')],
    ]) {
      expect(await cairn(argv)).toMatchObject({
        code: 5,
        err: `cairn: ${at('store')} is a store, which is written once, not a collection\n`,
      });
    }
    expect(await cairn(['get', at('store'), 'a', '--version', '1'])).toMatchObject({ code: 2 });
    expect((await must(['scan', at('store')])).out).toBe('a\t1\n');
  });

  it('is made by no command that reads or deletes', async () => {
    for (const argv of [
      ['get', at('none'), 'a'],
      ['unset', at('none'), 'a'],
      ['compact', at('none')],
      ['history', at('none')],
      ['revert', at('none'), '1'],
    ]) {
      const { code, err } = await cairn(argv);
      expect([code, err]).toEqual([
        5,
        expect.stringMatching(/^cairn: there is no (store|collection) at \S+none\n$/),
      ]);
    }
    expect(existsSync(at('none'))).toBe(false);
  });

  it('interrupted in the middle leaves the last version', async () => {
    const controller = new AbortController();
    const before = await contents();
    async function* lines(): AsyncGenerator<Buffer> {
      yield Buffer.from('{"set":["x","1"]}\n');
      controller.abort(new Interruption('SIGINT'));
      yield Buffer.from('{"set":["y","1"]}\n');
    }
    const { Readable } = await import('node:stream');
    expect(
      await cairn(['apply', prices], { stdin: Readable.from(lines()), signal: controller.signal }),
    ).toMatchObject({ code: 130 });
    expect(await contents()).toBe(before);
  });
});

describe('a collection of addresses', () => {
  it('is read as it was imported', async () => {
    const nets = at('nets');
    await must(['import', '--into', nets, '--key-format', 'ip', '-q'], { stdin: '8.8.8.0\tG\n1.1.1.0\tC\n' });
    expect((await must(['floor', nets, '8.8.8.8'])).out).toBe('8.8.8.0\tG\n');
    await must(['import', '--into', nets, '-q'], { stdin: '9.9.9.0\tQ\n' });
    await must(['set', nets, '10.0.0.0', 'own', '-q']);
    await must(['apply', nets, '-q'], { stdin: '{"set":["11.0.0.0","other"]}\n{"delete":"1.1.1.0"}\n' });
    await must(['unset', nets, '10.0.0.0', '-q']);
    expect((await must(['scan', nets])).out).toBe('8.8.8.0\tG\n9.9.9.0\tQ\n11.0.0.0\tother\n');
    const { out } = await must(['export', nets, '--format', 'lines']);
    expect(out).toBe('8.8.8.0\tG\n9.9.9.0\tQ\n11.0.0.0\tother\n');
    await must(['import', '--into', at('again'), '-q'], { stdin: (await must(['export', nets])).out });
    expect((await must(['scan', at('again')])).out).toBe(out);
    const collection = await openCollection(nets);
    expect(collection.info).toMatchObject({ keyEncoding: 'binary', metadata: { keyFormat: 'ip' } });
    await collection.close();
    const mapped = at('mapped');
    await must(['import', '--into', mapped, '--key-format', 'ip6', '-q'], {
      stdin: '8.8.8.0\tG\n2001:db8::\tD\n',
    });
    await must(['import', '--into', mapped, '-q'], { stdin: '9.9.9.0\tQ\n' });
    expect((await must(['floor', mapped, '9.9.9.9'])).out).toBe('::ffff:9.9.9.0\tQ\n');
    const made = at('made');
    await must(['set', made, '8.8.8.0', 'G', '--key-format', 'ip', '-q']);
    expect((await must(['floor', made, '8.8.8.8'])).out).toBe('8.8.8.0\tG\n');
  });
});
