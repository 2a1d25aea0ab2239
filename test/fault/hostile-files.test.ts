import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { KeyBuffer } from '../../src/bytes/key-buffer.ts';
import { offsetBitsOf } from '../../src/format/hash-index.ts';
import { inspectFileJson } from '../../src/inspect/index.ts';
import { type CairnError, copyStore, openStore, storeInfo, verifyStore } from '../../src/node/index.ts';
import { decodeManifest } from '../../src/store/manifest/decode-manifest.ts';
import { contentId, encodeManifest } from '../../src/store/manifest/manifest.ts';
import { goldenStore } from '../golden/golden-files.ts';
import { failure } from '../support/failures.ts';
import { checksum } from '../support/signed.ts';
import { writeFile } from '../support/storage-tools.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { assemble, blockOf, concat, type Partition, takeApart } from './hostile-partition.ts';
import { readHostile } from './hostile-reading.ts';
import { readRegress } from './hostile-seed.ts';
import { BAD_NAMES, hostileStore, sign } from './hostile-store.ts';
import type { RegressFile } from './regress-file.ts';

const base = temporaryDirectory();
let number = 0;
afterAll(() => rmSync(base, { recursive: true, force: true }));

const REGRESS = fileURLToPath(new URL('../../fixtures/regress', import.meta.url));
const PARTITION = 'data/part-00000-golden.cairn';

/** A copy of a golden store on the disk. */
function onDisk(name = 'two-entries'): string {
  const store = `${base}/${number++}`;
  cpSync(goldenStore(name), store, { recursive: true });
  return store;
}

/** The manifest of a store with other members, and a right checksum. */
function changeManifest(store: string, change: (document: ManifestDocument) => void): void {
  const file = `${store}/MANIFEST.json`;
  const document = JSON.parse(readFileSync(file, 'utf8')) as ManifestDocument;
  delete document.checksum;
  change(document);
  writeFileSync(file, sign(JSON.stringify(document, null, 2)));
}

type ManifestDocument = Record<string, unknown> & { partitions: Record<string, unknown>[] };

/** A golden store of one partition in memory, of which everything but checksums may be wrong. */
async function forged(
  name: string,
  change: (partition: Partition) => void,
  valueEncoding = 'utf8',
): Promise<string> {
  const uri = `memory:hostile-files/${number++}`;
  const partition = takeApart(new Uint8Array(readFileSync(`${goldenStore(name)}/${PARTITION}`)));
  change(partition);
  const { file, hashBytes, tail, entries, dataBytes, contentSum } = assemble(partition);
  const bytes = new Uint8Array(readFileSync(`${goldenStore(name)}/MANIFEST.json`));
  const manifest = decodeManifest(bytes, 'MANIFEST.json', checksum);
  const record = {
    ...manifest.partitions[0],
    bytes: file.length,
    count: entries,
    dataBytes,
    hashBytes,
    tailBytes: tail.length,
    tailChecksum: checksum.hash(tail),
    contentSum,
  };
  await writeFile(`${uri}/${PARTITION}`, file);
  const changed = { ...manifest, valueEncoding, partitions: [record] };
  const id = contentId(changed, checksum);
  await writeFile(`${uri}/MANIFEST.json`, encodeManifest({ ...changed, id }, checksum));
  return uri;
}

/** What reading a store of text in several ways comes to. */
async function refusal(uri: string): Promise<CairnError> {
  const reading = async (): Promise<void> => {
    await using store = await openStore<string, string>(uri);
    for (let i = 0; i < 20; i++) store.getSync('absent');
    for (const [key] of store.entriesSync()) store.getSync(key);
  };
  return failure(reading, 'CORRUPTION');
}

describe('stores that were forged', () => {
  // Other ones, for as long as one likes: npm run fuzz
  it('are refused, or read the same in every way, whatever is wrong with them', async () => {
    let verified = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const { golden, mutations, files } = hostileStore(seed);
      const what = `seed ${seed}, ${golden}: ${mutations.join('; ')}`;
      const reading = await readHostile(files, seed, false).catch((error: Error) => {
        throw new Error(`${what}: ${error.message}`, { cause: error });
      });
      if (reading.verified) verified++;
    }
    // Both ways of ending are tried.
    expect(verified).toBeGreaterThan(10);
    expect(verified).toBeLessThan(100);
  });

  it.each(existsSync(REGRESS) ? readdirSync(REGRESS).filter((name) => name.endsWith('.json')) : [])(
    'are refused, or read the same in every way: %s, which was not',
    async (name) => {
      const file = JSON.parse(readFileSync(`${REGRESS}/${name}`, 'utf8')) as RegressFile;
      await readRegress(file);
    },
  );
});

describe('a manifest', () => {
  it.each(BAD_NAMES)('that names a partition %j is CORRUPTION, and nothing is opened', async (name) => {
    const store = onDisk();
    // What such a name could mean, if somebody took it for a path.
    writeFileSync(`${base}/secret.cairn`, readFileSync(`${store}/${PARTITION}`));
    changeManifest(store, ({ partitions }) => {
      partitions[0].name = name;
    });
    const error = await failure(openStore(store), 'CORRUPTION');
    expect(error).toMatchObject({ file: `${store}/MANIFEST.json`, section: 'manifest' });
    expect((await verifyStore(store)).ok).toBe(false);
  });

  it('whose first key is none of its encoding is CORRUPTION', async () => {
    const store = onDisk();
    changeManifest(store, ({ partitions }) => {
      partitions[0].firstKey = 'ff';
      partitions[0].lastKey = 'ffff';
    });
    for (const read of [() => openStore(store), () => storeInfo(store)]) {
      const error = await failure(read, 'CORRUPTION');
      expect(error).toMatchObject({ file: `${store}/MANIFEST.json`, section: 'manifest', expected: 'utf8' });
    }
  });

  it.each([
    ['numbers', [1]],
    ['objects with a toString of their own', [{ toString: 1, valueOf: 1 }]],
    ['arrays', [['a']]],
  ])('whose features are %s is CORRUPTION', async (_, features) => {
    const store = onDisk();
    changeManifest(store, (document) => {
      document.requiredFeatures = features;
    });
    await failure(openStore(store), 'CORRUPTION');
  });

  it('with features of great length says so shortly', async () => {
    const store = onDisk();
    changeManifest(store, (document) => {
      document.requiredFeatures = ['x'.repeat(1_000_000)];
    });
    const error = await failure(openStore(store), 'UNSUPPORTED_FORMAT');
    expect(error.message.length).toBeLessThan(1000);
  });

  it.each(['metadata', 'requiredFeatures', 'unknown'])(
    'in which %s is nested deep is CORRUPTION',
    async (name) => {
      const store = onDisk();
      const text = readFileSync(`${store}/MANIFEST.json`, 'utf8').replace(/,\n {2}"checksum.*\n/, '\n');
      const document = JSON.stringify({ ...(JSON.parse(text) as object), [name]: 0 }, null, 2);
      const deep = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
      const write = (value: string): void =>
        writeFileSync(
          `${store}/MANIFEST.json`,
          sign(document.replace(`"${name}": 0`, `"${name}": ${value}`)),
        );
      for (const levels of [257, 100_000]) {
        write(deep(levels));
        await failure(openStore(store), 'CORRUPTION');
        await failure(storeInfo(store), 'CORRUPTION');
        expect((await inspectFileJson(`${store}/MANIFEST.json`)).ok).toBe(false);
      }
      write(deep(256));
      if (name !== 'requiredFeatures') expect(await openStore(store).count()).toBe(2);
    },
  );

  it('that says the tail is longer than it is, is CORRUPTION', async () => {
    const store = onDisk();
    const bytes = readFileSync(`${store}/${PARTITION}`);
    changeManifest(store, ({ partitions: [partition] }) => {
      const tailBytes = (partition.tailBytes as number) + 4;
      partition.tailBytes = tailBytes;
      partition.tailChecksum = checksum.hash(bytes.subarray(-tailBytes)).toString(16).padStart(16, '0');
    });
    expect((await refusal(store)).message).toContain('disagree');
  });
});

describe.skipIf(process.platform === 'win32')('a file of a store that is no file', () => {
  it('is refused without waiting if it is a named pipe', async () => {
    for (const path of [PARTITION, 'MANIFEST.json']) {
      const store = onDisk();
      rmSync(`${store}/${path}`);
      execFileSync('mkfifo', [`${store}/${path}`]);
      await failure(openStore(store), 'NOT_A_STORE');
    }
  });

  it('is refused when it is a directory or a device', async () => {
    for (const put of [
      (path: string) => mkdirSync(path),
      (path: string) => symlinkSync('/dev/zero', path),
      (path: string) => symlinkSync('/dev/null', path),
    ]) {
      const store = onDisk();
      rmSync(`${store}/${PARTITION}`);
      put(`${store}/${PARTITION}`);
      await failure(openStore(store), 'NOT_A_STORE');
    }
  });

  it('is refused when it is a link to itself', async () => {
    const store = onDisk();
    rmSync(`${store}/${PARTITION}`);
    symlinkSync(`${store}/${PARTITION}`, `${store}/${PARTITION}`);
    await failure(openStore(store), 'IO');
  });

  it('is CORRUPTION when it is a link to another file, and the store itself when it is one to the right file', async () => {
    const store = onDisk();
    const file = `${store}/${PARTITION}`;
    renameSync(file, `${base}/elsewhere`);
    symlinkSync(`${base}/elsewhere`, file);
    expect(await openStore(store).count()).toBe(2);
    rmSync(file);
    writeFileSync(`${base}/other`, Buffer.alloc(405, 's'));
    symlinkSync(`${base}/other`, file);
    const error = await refusal(store);
    // What the other file holds is not told.
    expect(error.message).not.toContain('sss');
  });

  it('that claims more bytes than memory has is refused without being read', async () => {
    const store = onDisk();
    const bytes = 2 ** 42;
    truncateSync(`${store}/${PARTITION}`, bytes);
    changeManifest(store, (document) => {
      Object.assign(document, { bytes });
      Object.assign(document.partitions[0], { bytes, tailBytes: bytes - 1000 });
    });
    await refusal(store);
    await failure(openStore(`${store}/${PARTITION}`), 'CORRUPTION');
    truncateSync(`${store}/MANIFEST.json`, bytes);
    await failure(openStore(store), 'NOT_A_STORE');
  });
});

describe('a hash index that leads', () => {
  const KEY = 'word-0000';

  /** All slots where a look-up of the key comes by say that its entry is at `offset`. */
  function lead(partition: Partition, offset: (dataBytes: number) => number): void {
    const key = new KeyBuffer();
    key.set(new TextEncoder().encode(KEY));
    const hash = key.hash();
    const dataBytes = partition.blocks.reduce((sum, { data }) => sum + data.length, 0);
    const bits = offsetBitsOf(dataBytes);
    const slots = new Uint32Array(new Uint8Array(partition.hashIndex).buffer);
    const word = ((hash << bits) | ((offset(dataBytes) + 1) & (2 ** bits - 1))) >>> 0;
    const home = Math.floor((hash >>> 4) * (partition.hashSlots / 2 ** 28));
    for (let slot = home; slots[slot] !== 0 && slot < slots.length - 1; slot++) slots[slot] = word;
    partition.hashIndex = new Uint8Array(slots.buffer);
  }

  // In memory, in frames of a cache, and read from the file entry by entry: all with the hash index.
  const WAYS = [
    {},
    { views: true },
    { cacheBytes: 3000 },
    { cacheBytes: 3000, views: true },
    { cacheBytes: 1900 },
  ];

  async function lookUp(uri: string): Promise<unknown[]> {
    const answers: unknown[] = [];
    for (const way of WAYS) {
      await using store = await openStore(uri, { valueEncoding: 'binary', ...way } as object);
      for (const _entry of store.entriesSync());
      // The first look-ups don't use it yet.
      for (let i = 0; i < 20; i++) store.getSync(`absent ${i}`);
      for (let i = 0; i < 20; i++) {
        try {
          answers.push(store.getSync(KEY), store.getManySync([KEY])[0]);
        } catch (error) {
          answers.push((error as CairnError).code ?? error);
        }
      }
    }
    return answers;
  }

  it.each([
    ['before the data', () => -1],
    ['behind the data', (dataBytes: number) => dataBytes],
    ['far behind the data', (dataBytes: number) => dataBytes + 50],
    ['to the last byte', (dataBytes: number) => dataBytes - 1],
  ])('%s gives no value', async (_, offset) => {
    const uri = await forged(
      'hash-index-on',
      (partition) => {
        partition.properties = { ...partition.properties, valueEncoding: 'binary' };
        lead(partition, offset);
      },
      'binary',
    );
    for (const answer of await lookUp(uri)) expect([undefined, 'CORRUPTION']).toContain(answer);
  });

  it('to what looks like an entry that ends behind the data is CORRUPTION', async () => {
    const uri = await forged(
      'hash-index-on',
      (partition) => {
        partition.properties = { ...partition.properties, valueEncoding: 'binary' };
        // The last entry's value holds the beginning of an entry of its own, with a value that is not there.
        const last = partition.blocks.length - 1;
        const inner = concat([Uint8Array.of(KEY.length, 127), new TextEncoder().encode(KEY)]);
        const entry = concat([Uint8Array.of(1, inner.length), Uint8Array.of(0x78), inner]);
        partition.blocks[last] = blockOf([entry]);
        lead(partition, (dataBytes) => dataBytes - inner.length);
      },
      'binary',
    );
    expect(new Set(await lookUp(uri))).toEqual(new Set(['CORRUPTION']));
  });
});

describe('a partition', () => {
  it('with sections of unknown features is read and copied', async () => {
    const uri = await forged('hash-index-on', (partition) => {
      partition.between = new Uint8Array(2_000_000).fill(7);
      partition.footer.optionalFeatures = 1;
    });
    const to = `memory:hostile-files/${number++}`;
    const info = await copyStore(uri, to);
    expect(info.count).toBe(300);
    expect(await verifyStore(to)).toMatchObject({ ok: true });
  });

  it('without a hash index and with a checksum of one is CORRUPTION', async () => {
    const uri = await forged('hash-index-off', ({ footer }) => {
      footer.hashChecksum = 1n;
    });
    expect((await refusal(uri)).message).toContain('hash index');
  });
});
