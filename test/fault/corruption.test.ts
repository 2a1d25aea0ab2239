import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { type CairnError, isCairnError } from '../../src/errors.ts';
import {
  deleteStore,
  openStore,
  type StoreInfo,
  type StoreReader,
  verifyStore,
} from '../../src/node/index.ts';
import { damageOf } from '../support/damage.ts';
import { failure, failureNow } from '../support/failures.ts';
import { FaultyStorage } from '../support/faulty-storage.ts';
import { readTree, writeFile, writeTree } from '../support/storage-tools.ts';
import { collect, fill, numbered, type Pair, readAll, SMALL_PARTITIONS, TEXT } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const base = temporaryDirectory();
let number = 0;
afterAll(() => rmSync(base, { recursive: true, force: true }));

const PAIRS = numbered(100, 'k', 60);
const SHAPE = { partitionBytes: 1 << 20, blockBytes: 512 } as const;

/** A store of one partition with a dozen blocks; the file of the partition. */
async function oneFile(
  options: object = {},
): Promise<{ uri: string; file: string; info: StoreInfo<string> }> {
  const uri = `${base}/${number++}`;
  const info = await fill(uri, PAIRS, { ...SHAPE, ...options });
  return { uri, file: `${uri}/data/${info.partitions[0].name}`, info };
}

/** Changes bytes of a file in place, as a failing disk does: who has it open sees it. */
function change(file: string, offset: number, replacement: Uint8Array): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, replacement, 0, replacement.length, offset);
  closeSync(descriptor);
}

function flip(file: string, offset: number): void {
  change(file, offset, new Uint8Array([readFileSync(file)[offset] ^ 0x10]));
}

/** Where the value of a key lies in a file that isn't compressed. */
function placeOf(file: string, value: string): number {
  return readFileSync(file).indexOf(value);
}

/** A failure must name the file, a section and an offset within it, no further than the damage. */
function namesThePlace(error: CairnError, file: string, offset: number): void {
  expect(error).toMatchObject({
    code: 'CORRUPTION',
    file,
    section: expect.any(String),
    offset: expect.any(Number),
  });
  expect(error.message).toContain(file);
  expect(error.message).toContain(String(error.offset));
  expect(error.offset).toBeLessThanOrEqual(offset);
  expect(error.offset).toBeGreaterThan(offset - 700);
}

type Read = (store: StoreReader<string, string>, key: string) => unknown;
const READS: readonly [name: string, read: Read][] = [
  ['get()', (store, key) => store.get(key)],
  ['getSync()', (store, key) => store.getSync(key)],
  ['has()', (store, key) => store.has(key)],
  ['getMany()', (store, key) => store.getMany(['none', key])],
  ['getManySync()', (store, key) => store.getManySync([key, 'none'])],
  ['floor()', (store, key) => store.floor(key)],
  ['ceilingSync()', (store, key) => store.ceilingSync(key)],
  ['rank()', (store, key) => store.rank(key)],
  ['countSync()', (store, key) => store.countSync({ gte: key })],
  ['at()', (store, key) => store.at(PAIRS.findIndex(([each]) => each === key))],
  ['entries()', (store, key) => collect(store.entries({ gte: key }))],
  ['entriesSync()', (store, key) => [...store.entriesSync({ lte: key, reverse: true })]],
  ['keys()', (store) => collect(store.keys())],
  ['forEach()', (store) => store.forEach(() => {})],
  ['forEachSync()', (store) => store.forEachSync(() => {})],
  ['batches()', (store) => collect(store.batches())],
];

describe.each([
  { cacheBytes: 1 << 20 },
  { cacheBytes: 0 },
  { cacheBytes: 1200 },
  { verify: 'always' as const },
])('a block that is damaged after the store was opened with %o', (options) => {
  it.each(READS)('is CORRUPTION naming file and offset by %s', async (_, read) => {
    for (const compression of ['none', 'deflate'] as const) {
      const { uri, file } = await oneFile({ compression });
      const [key, value] = PAIRS[50];
      await using store = await openStore(uri, { ...TEXT, ...options });
      const offset = compression === 'none' ? placeOf(file, value) + 10 : 300;
      flip(file, offset);
      const victim = compression === 'none' ? key : await firstDamaged(uri);
      namesThePlace(await failure(() => read(store, victim), 'CORRUPTION'), file, offset);
      // It is not remembered as anything else.
      await failure(() => read(store, victim), 'CORRUPTION');
      flip(file, offset);
      const outcome = await read(store, victim);
      expect(outcome === undefined && !/forEach/.test(_)).toBe(false);
    }
  });

  it('fails only the keys in it', async () => {
    const { uri, file } = await oneFile();
    flip(file, placeOf(file, PAIRS[50][1]));
    await using store = await openStore(uri, { ...TEXT, ...options });
    const failed: number[] = [];
    for (const [i, [key, value]] of PAIRS.entries()) {
      const found = await store.get(key).catch((error: unknown) => error);
      if (isCairnError(found, 'CORRUPTION')) failed.push(i);
      else expect(found).toBe(value);
    }
    expect(failed).toContain(50);
    expect(failed.length).toBeLessThan(10);
    expect(failed).toEqual(failed.map((_, i) => failed[0] + i));
    for (const [i, [key, value]] of PAIRS.entries()) {
      if (failed.includes(i)) failureNow(() => store.getSync(key), 'CORRUPTION');
      else expect(store.getSync(key)).toBe(value);
    }
    expect(await store.get('k00010x')).toBeUndefined();
    const [report] = [await store.verify()];
    expect(report).toMatchObject({ ok: false, checked: { entries: PAIRS.length - failed.length } });
    expect(report.problems.length).toBe(1);
  });
});

/** The first key that can't be read. */
async function firstDamaged(uri: string): Promise<string> {
  await using store = await openStore(uri, { ...TEXT, cacheBytes: 0 });
  for (const [key] of PAIRS) {
    if (isCairnError(await store.get(key).catch((error: unknown) => error), 'CORRUPTION')) return key;
  }
  throw new Error('nothing is damaged');
}

it('a file that is cut after the store was opened is CORRUPTION', async () => {
  for (const cacheBytes of [0, 1 << 20]) {
    const { uri, file } = await oneFile();
    await using store = await openStore(uri, { ...TEXT, cacheBytes });
    expect(await store.get(PAIRS[0][0])).toBe(PAIRS[0][1]);
    truncateSync(file, 3000);
    const error = await failure(store.get(PAIRS[99][0]), 'CORRUPTION');
    expect(error.file).toBe(file);
    await failure(() => store.atSync(-1), 'CORRUPTION');
    await failure(collect(store.entries({ gte: PAIRS[60][0] })), 'CORRUPTION');
    expect((await store.verify()).ok).toBe(false);
  }
});

it('a damaged hash index is never an absent key', async () => {
  const { uri, file, info } = await oneFile();
  const without = await oneFile({ hashIndex: false });
  // The hash index lies behind the blocks, which are the same in both files.
  const [withIndex, plain] = [readFileSync(file), readFileSync(without.file)];
  let start = 0;
  while (withIndex[start] === plain[start]) start++;
  expect(start).toBeGreaterThan(5000);
  for (let offset = start; offset < start + 500; offset += 3) {
    flip(file, offset);
    await using store = await openStore(uri, TEXT);
    for (const [key, value] of PAIRS.slice(0, 30)) {
      let found: unknown;
      try {
        found = offset % 2 === 0 ? store.getSync(key) : await store.get(key);
      } catch (error) {
        if (!isCairnError(error, 'CORRUPTION')) throw error;
        continue;
      }
      expect(found, `${key}, byte ${offset} flipped`).toBe(value);
    }
    flip(file, offset);
  }
  expect(await damageOf(uri)).toBeUndefined();
  expect(info.count).toBe(100);
});

it('sectors of zeros or ones are found wherever they lie', async () => {
  for (const compression of ['none', 'zstd'] as const) {
    const { uri, file, info } = await oneFile({ compression });
    const whole = readFileSync(file);
    for (const fill of [0, 0xff]) {
      for (let start = 0; start < info.bytes; start += 512) {
        const sector = new Uint8Array(Math.min(512, info.bytes - start)).fill(fill);
        change(file, start, sector);
        if (!whole.equals(readFileSync(file))) {
          const error = await damageOf(uri);
          expect((await verifyStore(uri)).ok).toBe(false);
          if (error !== undefined) expect(['CORRUPTION', 'UNSUPPORTED_FORMAT']).toContain(error.code);
          else expect(await readAll(uri)).toEqual(PAIRS);
        }
        writeFileSync(file, whole);
      }
    }
    expect(await damageOf(uri)).toBeUndefined();
  }
});

it('a file with bytes too many is CORRUPTION', async () => {
  const { uri, file } = await oneFile();
  for (const path of [file, `${uri}/MANIFEST.json`]) {
    const whole = readFileSync(path);
    for (const more of [Buffer.alloc(1), Buffer.from('\n'), whole]) {
      writeFileSync(path, Buffer.concat([whole, more]));
      expect(await damageOf(uri), path).toMatchObject({ code: 'CORRUPTION' });
    }
    writeFileSync(path, whole);
  }
  expect(await damageOf(uri)).toBeUndefined();
});

describe('a file that was extended', () => {
  const FILLINGS: readonly [name: string, more: (whole: Uint8Array, length: number) => Uint8Array][] = [
    ['zeros', (_, length) => new Uint8Array(length)],
    ['ones', (_, length) => new Uint8Array(length).fill(0xff)],
    [
      'its own end',
      (whole, length) => {
        // Over and over, so that the file ends as it ought to.
        const more = new Uint8Array(length);
        for (let at = length; at > 0; at -= whole.length) {
          const part = whole.subarray(Math.max(0, whole.length - at));
          more.set(part, at - part.length);
        }
        return more;
      },
    ],
  ];
  const LENGTHS: readonly number[] = [
    ...Array.from({ length: 4096 }, (_, i) => i + 1),
    ...[4097, 8191, 8192, 65_535, 65_536, 65_537, 1 << 20, (1 << 20) + 1, (1 << 24) - 1, 1 << 25],
  ];

  it.each(FILLINGS)(
    'by %s is CORRUPTION at every length, for a reader and a verification',
    {
      timeout: 120_000,
    },
    async (_, more) => {
      const uri = `memory:extended-${number++}`;
      const { count } = await fill(uri, numbered(12), { blockBytes: 64 });
      const files = await readTree(uri);
      expect(files.size).toBe(2);
      for (const [path, whole] of files) {
        for (const length of LENGTHS) {
          const extended = new Uint8Array(whole.length + length);
          extended.set(whole);
          extended.set(more(whole, length), whole.length);
          await writeFile(`${uri}/${path}`, extended);
          // What ends as it ought to is searched for a flipped bit: not thousands of times.
          const error = await damageOf(uri, { locateBits: length <= 64 });
          expect(error?.code, `${path} and ${length} bytes more`).toBe('CORRUPTION');
          // What was there before is whole, and is said to be.
          if (path.endsWith('.cairn') && length % 16 === 1) {
            const { problems, checked } = await verifyStore(uri);
            expect(problems.map(({ section }) => section)).toEqual(['file']);
            expect(checked.entries).toBe(count);
          }
        }
        await writeFile(`${uri}/${path}`, whole);
      }
      expect(await damageOf(uri)).toBeUndefined();
      await deleteStore(uri);
    },
  );
});

it('blocks of one size that change places are CORRUPTION', async () => {
  const { uri, file } = await oneFile();
  const whole = readFileSync(file);
  // Blocks hold equally many entries of equal size: find where the second and third begin.
  const entry = 2 + 6 + 60;
  const starts = [16];
  for (let i = 1; i < 100 && starts.length < 4; i++) {
    const at = whole.indexOf(Buffer.from(PAIRS[i][0])) - 2;
    const previous = whole.indexOf(Buffer.from(PAIRS[i - 1][0])) - 2;
    if (at - previous !== entry) starts.push(at);
  }
  // Without restarts between blocks, all entries lie at the same distance: take runs of 7, which fill a block.
  const length = starts.length > 2 ? starts[2] - starts[1] : 7 * entry;
  const [a, b] = starts.length > 2 ? [starts[1], starts[2]] : [16, 16 + length];
  const swapped = Buffer.from(whole);
  whole.copy(swapped, a, b, b + length);
  whole.copy(swapped, b, a, a + length);
  writeFileSync(file, swapped);
  expect(await damageOf(uri)).toMatchObject({ code: 'CORRUPTION', file });
});

describe('files of a store that are exchanged', () => {
  async function twoBuilds(): Promise<{ first: string; second: string; names: string[] }> {
    const [first, second] = [`${base}/${number++}`, `${base}/${number++}`];
    const options = { ...SMALL_PARTITIONS, buildId: 'nightly' };
    const info = await fill(first, numbered(12, 'k', 300), options);
    await fill(
      second,
      numbered(12, 'k', 300).map(([key, value]): Pair => [key, value.replace('v', 'w')]),
      options,
    );
    return { first, second, names: info.partitions.map(({ name }) => name) };
  }

  it('two partitions that change names are CORRUPTION', async () => {
    const { first, names } = await twoBuilds();
    const files = await readTree(first);
    const exchanged = new Map(files);
    exchanged.set(`data/${names[0]}`, files.get(`data/${names[1]}`)!);
    exchanged.set(`data/${names[1]}`, files.get(`data/${names[0]}`)!);
    await writeTree(first, exchanged);
    expect(await damageOf(first)).toMatchObject({ code: 'CORRUPTION' });
  });

  it('a partition in the place of another is CORRUPTION, and so is one that is missing', async () => {
    const { first, names } = await twoBuilds();
    const files = await readTree(first);
    await writeTree(first, new Map([...files, [`data/${names[2]}`, files.get(`data/${names[1]}`)!]]));
    expect(await damageOf(first)).toMatchObject({ code: 'CORRUPTION' });
    files.delete(`data/${names[2]}`);
    await writeTree(first, files);
    const error = await damageOf(first);
    expect(error).toMatchObject({ code: 'CORRUPTION' });
    expect(error?.file).toContain(names[2]);
  });

  it('one partition of another build under the same `buildId` is CORRUPTION', async () => {
    const { first, second, names } = await twoBuilds();
    const [files, others] = [await readTree(first), await readTree(second)];
    for (const name of names) {
      expect(others.get(`data/${name}`)?.length).toBe(files.get(`data/${name}`)?.length);
      await writeTree(first, new Map([...files, [`data/${name}`, others.get(`data/${name}`)!]]));
      const error = await damageOf(first);
      expect(error).toMatchObject({ code: 'CORRUPTION' });
      expect(error?.file).toContain(name);
    }
  });

  it('the manifest of another build under the same `buildId` is CORRUPTION, either way round', async () => {
    const { first, second } = await twoBuilds();
    const [old, young] = [await readTree(first), await readTree(second)];
    await writeTree(first, new Map([...old, ['MANIFEST.json', young.get('MANIFEST.json')!]]));
    expect(await damageOf(first)).toMatchObject({ code: 'CORRUPTION' });
    await writeTree(second, new Map([...young, ['MANIFEST.json', old.get('MANIFEST.json')!]]));
    expect(await damageOf(second)).toMatchObject({ code: 'CORRUPTION' });
  });

  it('a store rebuilt in place is distinguished from the one whose manifest was read', async () => {
    const { first } = await twoBuilds();
    const before = await readTree(first);
    await deleteStore(first);
    await fill(
      first,
      numbered(12, 'k', 300).map(([key, value]): Pair => [key, value.replace('v', 'x')]),
      {
        ...SMALL_PARTITIONS,
        buildId: 'nightly',
      },
    );
    const after = await readTree(first);
    await writeTree(first, new Map([...after, ['MANIFEST.json', before.get('MANIFEST.json')!]]));
    const found = await readAll(first).catch((error: CairnError) => error.code);
    expect(found).toBe('CORRUPTION');
  });
});

it('a manifest that is empty, zeroed, cut in half or something else is CORRUPTION', async () => {
  const { uri } = await oneFile();
  const manifest = `${uri}/MANIFEST.json`;
  const whole = readFileSync(manifest);
  for (const bad of [
    Buffer.alloc(0),
    Buffer.alloc(whole.length),
    whole.subarray(0, whole.length / 2),
    Buffer.from('{}'),
    Buffer.from('null\n'),
    Buffer.from(`\u{feff}${whole.toString()}`),
    Buffer.from(whole.toString().replaceAll('\n', '\r\n')),
    Buffer.from(whole.toString().replace('"count": 100', '"count": 101')),
  ]) {
    writeFileSync(manifest, bad);
    const error = await failure(openStore(uri), 'CORRUPTION');
    expect(error).toMatchObject({ file: manifest, section: 'manifest' });
    expect(await verifyStore(uri)).toMatchObject({
      ok: false,
      problems: [{ file: manifest, section: 'manifest' }],
    });
  }
});

it('a partition of length zero is CORRUPTION, and alone no store', async () => {
  const { uri, file } = await oneFile();
  writeFileSync(file, '');
  expect(await damageOf(uri)).toMatchObject({ code: 'CORRUPTION', file });
  await failure(openStore(file), 'NOT_A_STORE');
});

describe('a read that returns wrong bytes', () => {
  /** Counts the reads of files, and gives a wrong bit in those that are chosen. */
  async function misreading(
    storage: FaultyStorage,
    chosen: (number: number) => boolean,
    use: () => Promise<void>,
  ): Promise<number> {
    const inner = storage.inner.open.bind(storage.inner);
    let reads = 0;
    const damage = (target: Uint8Array): void => {
      if (chosen(++reads)) target[target.length >>> 1] ^= 4;
    };
    storage.inner.open = async (path) => {
      const source = await inner(path);
      return {
        name: source.name,
        size: source.size,
        async read(offset, target) {
          await source.read(offset, target);
          damage(target);
        },
        readSync(offset, target) {
          source.readSync?.(offset, target);
          damage(target);
        },
        close: () => source.close(),
      };
    };
    try {
      await use();
    } finally {
      storage.inner.open = inner;
    }
    return reads;
  }

  /** Opens a store, again if its manifest came wrong, and asks for everything; tells how often something was wrong. */
  async function askForAll(options: object): Promise<{ wrong: number; opened: number; rereads: number }> {
    let wrong = 0;
    const noted = (error: CairnError): void => {
      expect(error.code).toBe('CORRUPTION');
      wrong++;
    };
    const opening = (): Promise<StoreReader<string, string>> =>
      openStore('faulty:s', { ...TEXT, ...options });
    await using store = await opening().catch((error: CairnError) => {
      noted(error);
      return opening();
    });
    const opened = wrong;
    for (const [i, [key, value]] of PAIRS.entries()) {
      const get = async (): Promise<string | undefined> =>
        i % 2 === 0 ? await store.get(key) : store.getSync(key);
      const found = await get().catch((error: CairnError) => {
        noted(error);
        return get();
      });
      expect(found).toBe(value);
    }
    const entries = (): Promise<Pair[]> => collect(store.entries());
    const all = await entries().catch((error: CairnError) => {
      noted(error);
      return entries();
    });
    expect(all).toEqual(PAIRS);
    return { wrong, opened, rereads: store.stats().rereads };
  }

  it('once is CORRUPTION once where a store is resident: nothing of it is kept', async () => {
    const storage = new FaultyStorage().register();
    await fill('faulty:s', PAIRS, SHAPE);
    for (let nth = 1; ; nth++) {
      let wrong = 0;
      const reads = await misreading(
        storage,
        (number) => number === nth,
        async () => {
          ({ wrong } = await askForAll({}));
        },
      );
      if (reads < nth) break;
      expect(wrong, `read ${nth} of ${reads}`).toBe(1);
    }
  });

  it.each([{ cacheBytes: 0 }, { cacheBytes: 1200 }, { verify: 'always' }])(
    'once is read again where blocks are read for each call, and counted: %o',
    async (options) => {
      const storage = new FaultyStorage().register();
      // Single entries of a checked block are read without a check where there is a hash index; see `verify`.
      await fill('faulty:s', PAIRS, { ...SHAPE, hashIndex: false });
      let readAgain = 0;
      for (let nth = 1; nth < 60; nth++) {
        const reads = await misreading(
          storage,
          (number) => number === nth,
          async () => {
            const { wrong, opened, rereads } = await askForAll(options);
            // A manifest is read by who opens, and once.
            expect(wrong, `read ${nth}`).toBe(opened);
            readAgain += rereads;
          },
        );
        if (reads < nth) break;
      }
      expect(readAgain).toBeGreaterThan(10);
    },
  );

  it('twice is CORRUPTION', async () => {
    const storage = new FaultyStorage().register();
    await fill('faulty:s', PAIRS, { ...SHAPE, hashIndex: false });
    await misreading(
      storage,
      (number) => number === 10 || number === 11,
      async () => {
        expect(await askForAll({ cacheBytes: 0 })).toEqual({ wrong: 1, opened: 0, rereads: 1 });
      },
    );
  });
});

it('files that are not ours in a store change nothing', async () => {
  const { uri } = await oneFile();
  writeFileSync(`${uri}/MANIFEST.json.0123456789abcdef.tmp`, 'half a mani');
  writeFileSync(`${uri}/data/part-00000-ffffffffffffffff.cairn`, 'half a part');
  writeFileSync(`${uri}/.DS_Store`, 'x');
  writeFileSync(`${uri}/data/notes.txt`, 'x');
  expect(await readAll(uri)).toEqual(PAIRS);
  expect(await verifyStore(uri)).toMatchObject({ ok: true });
});
