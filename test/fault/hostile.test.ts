import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { loadDecompressors } from '../../src/compression/compressions.ts';
import { loadCompressor } from '../../src/compression/compressors.ts';
import { isCairnError } from '../../src/errors.ts';
import { FOOTER } from '../../src/format/layout.ts';
import { copyStore, createStore, openStore, storeInfo, verifyStore } from '../../src/node/index.ts';
import { decodeManifest } from '../../src/store/manifest/decode-manifest.ts';
import { contentId, encodeManifest } from '../../src/store/manifest/manifest.ts';
import { damageOf } from '../support/damage.ts';
import { failure } from '../support/failures.ts';
import { FaultyStorage } from '../support/faulty-storage.ts';
import { forgeStore, resigned } from '../support/forged.ts';
import { HttpServer } from '../support/http-server.ts';
import { checksum } from '../support/signed.ts';
import { readTree } from '../support/storage-tools.ts';
import { collect, fill, numbered, open, readAll, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { outcomeOf } from './faults.ts';

const base = temporaryDirectory();
let number = 0;
afterAll(() => rmSync(base, { recursive: true, force: true }));

const REFUSALS = ['CORRUPTION', 'UNSUPPORTED_FORMAT', 'NOT_A_STORE'] as const;

/**
 * Uses a store in every way that reads files. It gives what is right or refuses, without much memory or time.
 */
async function useForged(
  uri: string,
  right: readonly [unknown, unknown][],
  mayMiss = false,
): Promise<'right' | 'refused'> {
  const before = process.memoryUsage();
  const started = Date.now();
  let outcome: 'right' | 'refused' = 'right';
  for (const cacheBytes of [0, 1 << 22]) {
    try {
      await using reader = await openStore<unknown, unknown>(uri, { cacheBytes });
      // Often enough that the hash index is used too.
      for (let i = 0; i < 12; i++) {
        for (const [key, value] of right) {
          const found = reader.getSync(key);
          if (found !== undefined || !mayMiss) expect(found).toEqual(value);
        }
      }
      expect(await collect(reader.entries())).toEqual(right);
    } catch (error) {
      if (!isCairnError(error, ...REFUSALS)) throw error;
      outcome = 'refused';
    }
  }
  await verifyStore(uri);
  expect(Date.now() - started).toBeLessThan(5000);
  const { arrayBuffers } = process.memoryUsage();
  expect(arrayBuffers - before.arrayBuffers).toBeLessThan(32 * 2 ** 20);
  return outcome;
}

async function entriesOf(uri: string): Promise<[unknown, unknown][]> {
  await using reader = await openStore<unknown, unknown>(uri);
  return await collect(reader.entries());
}

describe('case 35: a length, count or offset that lies, under right checksums', () => {
  /** What a field of so many bits may say, beside the truth. */
  function lies(truth: number, size: number): number[] {
    const edges = [0, 1, truth - 1, truth + 1, size - 1, size, size + 1, 2 ** 16, 2 ** 31 - 1, 2 ** 31];
    return [...edges, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1].filter((lie) => lie >= 0 && lie !== truth);
  }

  it('in the footer is the right data or refused, in bounded memory', async () => {
    const right = await entriesOf(await forgeStore('hash-index-on', () => undefined));
    let refused = 0;
    for (const name of ['entries', 'blocks', 'dataBytes', 'hashSlots'] as const) {
      const truth = await footerField('hash-index-on', name);
      for (const lie of lies(truth, 4096).filter((each) => each < 2 ** 32)) {
        const uri = await forgeStore('hash-index-on', ({ footer }) => {
          footer[name] = lie;
        });
        // A hash index of any size may be whole; that this one leads astray is seen by a verification.
        if ((await useForged(uri, right, name === 'hashSlots')) === 'refused') refused++;
        expect((await verifyStore(uri)).ok, `${name} ${lie}`).toBe(false);
      }
    }
    expect(refused).toBeGreaterThan(20);
  });

  it('in the manifest is refused, or the right data, in bounded memory', async () => {
    const right = await entriesOf(await forgeStore('hash-index-on', () => undefined));
    let refused = 0;
    for (const name of ['bytes', 'count', 'dataBytes', 'hashBytes', 'tailBytes'] as const) {
      let truth = 0;
      await forgeStore(
        'hash-index-on',
        () => undefined,
        (record) => {
          truth = record[name];
        },
      );
      for (const lie of lies(truth, 4096)) {
        const uri = await forgeStore(
          'hash-index-on',
          () => undefined,
          (record) => {
            record[name] = lie;
          },
        );
        if ((await useForged(uri, right)) === 'refused') refused++;
        expect((await verifyStore(uri)).ok, `${name} ${lie}`).toBe(false);
      }
    }
    expect(refused).toBeGreaterThan(40);
  });

  async function footerField(
    store: string,
    name: 'entries' | 'blocks' | 'dataBytes' | 'hashSlots',
  ): Promise<number> {
    let truth = 0;
    await forgeStore(store, ({ footer }) => {
      truth = footer[name];
    });
    return truth;
  }
});

describe('case 36: lengths in a block, under right checksums', () => {
  it('that are endless, overlong, cut off or too large are refused or change nothing', async () => {
    const right = await entriesOf(await forgeStore('one-entry', () => undefined));
    const wrong = [
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [0xff, 0xff, 0xff, 0xff, 0x7f],
      [0x80, 0x00],
      [0x81, 0x00],
      [0x7f],
    ];
    let refused = 0;
    for (const bytes of wrong) {
      for (const at of [0, 1]) {
        const uri = await forgeStore('one-entry', ({ blocks, index }) => {
          blocks.set(bytes.slice(0, blocks.length - at), at);
          new DataView(index.buffer, index.byteOffset).setBigUint64(0, checksum.hash(blocks), true);
        });
        if ((await useForged(uri, right)) === 'refused') refused++;
        expect((await verifyStore(uri)).ok, `${bytes} at ${at}`).toBe(false);
      }
    }
    expect(refused).toBeGreaterThan(10);
  });
});

describe('case 41: a manifest under a right checksum', () => {
  it('that names files elsewhere is refused', async () => {
    const uri = `${base}/${number++}`;
    const info = await fill(uri, numbered(3));
    const file = `${uri}/MANIFEST.json`;
    const manifest = decodeManifest(readFileSync(file), file, checksum);
    const real = info.partitions[0].name;
    for (const name of [
      `../data/${real}`,
      `..\\data\\${real}`,
      '../../../../etc/passwd.cairn',
      '..',
      '.cairn',
      `/etc/${real}`,
      `C:${real}`,
      `C:\\${real}`,
      `\\\\server\\share\\${real}`,
      `//server/share/${real}`,
      `${real}\0.cairn`,
      `%2e%2e%2f${real}`,
      `a/b/${real}`,
      `http://example.com/${real}`,
      `file:///${real}`,
      `s3://bucket/${real}`,
      ` ${real}`,
      `${real} `,
      `${real}:stream`,
      `${real}?x=.cairn`,
      `${real}#.cairn`,
      'part\n.cairn',
      `${'x'.repeat(300)}.cairn`,
      'part-00000',
      '',
    ]) {
      writeFileSync(
        file,
        encodeManifest({ ...manifest, partitions: [{ ...manifest.partitions[0], name }] }, checksum),
      );
      await failure(openStore(uri), 'CORRUPTION');
      await failure(storeInfo(uri), 'CORRUPTION');
      await failure(copyStore(uri, `memory:elsewhere-${number++}`), 'CORRUPTION');
      expect((await verifyStore(uri)).ok).toBe(false);
    }
  });

  it('that names a device of Windows finds no more than a file of that name', async () => {
    const uri = `${base}/${number++}`;
    await fill(uri, numbered(3));
    const file = `${uri}/MANIFEST.json`;
    const manifest = decodeManifest(readFileSync(file), file, checksum);
    for (const name of ['NUL.cairn', 'con.cairn', 'COM1.cairn']) {
      writeFileSync(file, resigned({ ...manifest, partitions: [{ ...manifest.partitions[0], name }] }));
      await failure(readAll(uri), 'CORRUPTION');
    }
  });
});

it('case 42: a partition that is a symbolic link is what it leads to, checked like any other', async () => {
  const uri = `${base}/${number++}`;
  const info = await fill(uri, numbered(9, 'k', 300), SMALL_PARTITIONS);
  const [first, second] = info.partitions.map(({ name }) => `${uri}/data/${name}`);
  renameSync(first, `${uri}-moved`);
  symlinkSync(`${uri}-moved`, first);
  expect(await readAll(uri)).toEqual(numbered(9, 'k', 300));
  for (const target of [second, '/dev/zero', '/dev/null', uri, first, `${uri}/nowhere`]) {
    rmSync(first);
    symlinkSync(target, first);
    await failure(readAll(uri), 'CORRUPTION', 'NOT_A_STORE', 'IO');
  }
});

it('case 32: a checksum is looked at before a block is decompressed', async () => {
  for (const compression of ['deflate', 'zstd'] as const) {
    const uri = `${base}/${number++}`;
    const info = await fill(uri, numbered(60, 'k', 100), { compression, blockBytes: 4096 });
    const file = `${uri}/data/${info.partitions[0].name}`;
    const whole = readFileSync(file);
    const footer = FOOTER.decode(whole.subarray(-FOOTER.length), { file, section: 'footer', offset: 0 });
    for (let at = 16; at < footer.hashOffset; at += 3) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 0x41;
      writeFileSync(file, damaged);
      const error = await damageOf(uri);
      // The two sums, and nothing that a decompressor would say.
      expect(error).toMatchObject({
        code: 'CORRUPTION',
        expected: expect.stringMatching(/^[0-9a-f]{16}$/),
        actual: expect.stringMatching(/^[0-9a-f]{16}$/),
      });
    }
  }
});

it('case 47: a manifest of a hundred thousand partitions, and one of metadata of ten megabytes, are read in seconds', async () => {
  const uri = `${base}/${number++}`;
  await fill(uri, numbered(3));
  const file = `${uri}/MANIFEST.json`;
  const manifest = decodeManifest(readFileSync(file), file, checksum);
  const [record] = manifest.partitions;
  const keyOf = (n: number): Uint8Array => Buffer.from(String(n).padStart(9, '0'));
  const partitions = Array.from({ length: 100_000 }, (_, i) => ({
    ...record,
    name: `part-${i}.cairn`,
    firstKey: keyOf(2 * i),
    lastKey: keyOf(2 * i + 1),
  }));
  const started = Date.now();
  const many = { ...manifest, partitions };
  const bytes = encodeManifest({ ...many, id: contentId(many, checksum) }, checksum);
  expect(bytes.length).toBeGreaterThan(20_000_000);
  expect(decodeManifest(bytes, file, checksum).partitions.length).toBe(100_000);
  const large = { text: 'x'.repeat(10_000_000) };
  await createStore(`${uri}-large`, { metadata: large }).close();
  expect((await storeInfo(`${uri}-large`)).metadata).toEqual(large);
  expect(Date.now() - started).toBeLessThan(20_000);
});

it('case 47: a manifest that is longer than a string can be is TOO_LARGE, and nothing is left', async () => {
  const uri = `${base}/${number++}`;
  const writer = await createStore(uri, TEXT);
  await writer.putAll(numbered(9));
  const { stringify } = JSON;
  const spy = vi.spyOn(JSON, 'stringify').mockImplementation((value: unknown, replacer, space) => {
    if (Object(value).format === 'cairn') throw new RangeError('Invalid string length');
    return stringify(value, replacer, space);
  });
  try {
    const error = await failure(writer.close(), 'TOO_LARGE');
    expect(error.message).toContain('partitionBytes');
    expect(error.limit).toBe(2 ** 30);
  } finally {
    spy.mockRestore();
  }
  await failure(storeInfo(uri), 'NOT_FOUND');
  await fill(uri, numbered(9));
  expect(await readAll(uri)).toEqual(numbered(9));
});

it('case 19: a partition that vanishes while a loop is in the middle is a typed error, or not missed', async () => {
  const pairs = numbered(30, 'k', 300);
  for (const cacheBytes of [0, 1 << 20]) {
    const uri = `${base}/${number++}`;
    const info = await fill(uri, pairs, SMALL_PARTITIONS);
    await using store = await openStore(uri, { ...TEXT, cacheBytes });
    const seen: unknown[] = [];
    for await (const entry of store.entries()) {
      if (seen.push(entry) === 2) for (const { name } of info.partitions) rmSync(`${uri}/data/${name}`);
    }
    // A reader holds its files open: nothing is missing.
    expect(seen).toEqual(pairs);
    await failure(open(uri), 'CORRUPTION');
  }
});

it('case 16: of fifty writers of one store that end at the same time one wins, and it is whole', async () => {
  const uri = `${base}/${number++}`;
  const writers = await Promise.all(
    Array.from({ length: 50 }, () => createStore(uri, { ...TEXT, ...SMALL_PARTITIONS })),
  );
  const outcomes = await Promise.all(
    writers.map((writer, i) =>
      outcomeOf(async () => {
        await writer.putAll(numbered(9, `k${i}-`, 300));
        return writer.close();
      }),
    ),
  );
  const winners = outcomes.flatMap((outcome, i) => ('done' in outcome ? [i] : []));
  expect(winners.length).toBe(1);
  for (const outcome of outcomes)
    if ('error' in outcome) expect(outcome.error).toMatchObject({ code: 'ALREADY_EXISTS' });
  expect(await readAll(uri)).toEqual(numbered(9, `k${winners[0]}-`, 300));
  expect(await verifyStore(uri)).toMatchObject({ ok: true });
});

it('case 68: one fault after the other, while writing, copying and reading, and then none: all is whole', async () => {
  const pairs = numbered(9, 'k', 300);
  for (let at = 1; at <= 40; at++) {
    const storage = new FaultyStorage().register();
    // The second try meets another fault than the first, in what that left behind.
    for (const plan of [at, ((at * 7) % 23) + 1, ((at * 11) % 31) + 1]) {
      storage.arm({ at: plan, forever: plan % 2 === 0, after: plan % 3 === 0 });
      const outcome = await outcomeOf(async () => {
        await fill('faulty:root/s', pairs, SMALL_PARTITIONS);
      });
      await new Promise(setImmediate);
      if ('error' in outcome) expect(isCairnError(outcome.error)).toBe(true);
    }
    storage.arm();
    const first = await outcomeOf(() => fill('faulty:root/s', pairs, SMALL_PARTITIONS));
    if ('error' in first) expect(first.error).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await readAll('faulty:root/s')).toEqual(pairs);
    for (const plan of [at, ((at * 5) % 17) + 1]) {
      storage.arm({ at: plan, forever: false, after: plan % 2 === 0 });
      await outcomeOf(() => copyStore('faulty:root/s', 'faulty:root/t', { resume: true }));
      storage.arm({ at: plan, forever: plan % 2 === 0, after: false, only: ['read', 'open'] });
      const read = await outcomeOf(() => readAll('faulty:root/s'));
      if ('done' in read) expect(read.done).toEqual(pairs);
      else expect(read.error).toMatchObject({ code: 'IO' });
    }
    storage.arm();
    const copy = await outcomeOf(() => copyStore('faulty:root/s', 'faulty:root/t', { resume: true }));
    if ('error' in copy) expect(copy.error).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await readAll('faulty:root/t')).toEqual(pairs);
    expect(await verifyStore('faulty:root/t')).toMatchObject({ ok: true });
    expect(storage.openSources).toBe(0);
  }
});

it('case 19: a store that vanishes from its server while a loop is in the middle is a typed error', async () => {
  const pairs = numbered(60, 'k', 300);
  const uri = `${base}/${number++}`;
  await fill(uri, pairs, SMALL_PARTITIONS);
  const files = new Map([...(await readTree(uri))].map(([path, bytes]) => [`/s/${path}`, bytes]));
  const server = await HttpServer.start(files);
  await using store = await openStore(`${server.origin}/s`, { ...TEXT, cacheBytes: 0 });
  const seen: unknown[] = [];
  const outcome = await outcomeOf(async () => {
    for await (const entry of store.entries()) if (seen.push(entry) === 2) files.clear();
  });
  expect(outcome).toMatchObject({ error: { code: expect.stringMatching(/^(NOT_FOUND|CORRUPTION|IO)$/) } });
  expect(seen).toEqual(pairs.slice(0, seen.length));
  await server.close();
});

it('case 37: a block that would be far larger than it says is refused, in bounded memory', async () => {
  const zeros = new Uint8Array(64 * 2 ** 20);
  const bombs = [
    ['deflate', deflateRawSync(zeros)],
    ['zstd', (await loadCompressor('zstd'))?.compress(zeros) ?? zeros],
  ] as const;
  for (const [name, bomb] of bombs) {
    expect(bomb.length).toBeLessThan(100_000);
    const decompressor = (await loadDecompressors([name])).get(name);
    if (decompressor === undefined) throw new Error(`there is no ${name}`);
    const before = process.memoryUsage().arrayBuffers;
    for (const length of [0, 1, 1000, zeros.length - 1])
      expect(() => decompressor.decompress(bomb, length)).toThrow();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * zeros.length);
    expect(() => decompressor.decompress(bomb.subarray(0, bomb.length - 8), zeros.length)).toThrow();
    expect(decompressor.decompress(bomb, zeros.length).length).toBe(zeros.length);
  }
});

it('case 14: a caller that never waits for a slow disk costs far less memory than it writes', async () => {
  const writer = await createStore(`${base}/${number++}`, { valueEncoding: 'binary' });
  const value = new Uint8Array(1 << 14).fill(7);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  // In one turn: nothing that was written can be reported meanwhile.
  for (let i = 0; i < 12_288; i++) {
    void writer.put(String(i).padStart(5, '0'), value);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(96 * 2 ** 20);
  expect((await writer.close()).count).toBe(12_288);
});
