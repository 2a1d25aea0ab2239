import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isCairnError, type OpenStoreOptions, openStore, verifyStore } from '../../src/node/index.ts';
import { goldenNames, goldenStore, storeFiles } from '../golden/golden-files.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { writeFile } from '../support/storage-tools.ts';

// The same as `bench/integrity/campaign.js`, which takes minutes and has peers: a sample for each golden store.
const SEED = 5;
const TRIALS = 24;

type Files = ReadonlyMap<string, Uint8Array>;
type Entries = readonly (readonly [key: unknown, value: unknown])[];

/** Changes a file of several somehow; undefined where this kind can't. */
type Damage = (bytes: Uint8Array, random: SeededRandom, files: Files, path: string) => Uint8Array | undefined;

const DAMAGES: readonly [name: string, damage: Damage][] = [
  [
    'one bit flipped',
    (bytes, random) => {
      bytes[random.below(bytes.length)] ^= 1 << random.below(8);
      return bytes;
    },
  ],
  ['cut', (bytes, random) => bytes.slice(0, random.below(bytes.length))],
  [
    'a sector of zeros or ones',
    (bytes, random) => {
      const start = random.below(Math.ceil(bytes.length / 512)) * 512;
      return bytes.fill(random.pick([0, 0xff]), start, start + 512);
    },
  ],
  [
    'two pieces exchanged',
    (bytes, random) => {
      const size = random.pick([8, 64, 512]);
      const [a, b] = [0, 0].map(() => random.below(Math.floor(bytes.length / size)) * size);
      const piece = bytes.slice(a, a + size);
      bytes.copyWithin(a, b, b + size);
      bytes.set(piece, b);
      return bytes;
    },
  ],
  [
    'another file in its place',
    (_, random, files, path) => {
      const others = [...files.keys()].filter((name) => name !== path && name.endsWith('.cairn'));
      return others.length === 0 ? undefined : files.get(random.pick(others))?.slice();
    },
  ],
];

const WAYS: readonly OpenStoreOptions[] = [{}, { cacheBytes: 0 }, { cacheBytes: 3000, views: true }];

/** What a store answered: nothing but the truth and errors, or else an error of the test. */
async function isDetected(uri: string, entries: Entries): Promise<boolean> {
  let detected = false;
  const ask = async (question: () => unknown, expected: unknown): Promise<void> => {
    try {
      const answer = await question();
      if (!isDeepStrictEqual(answer, expected)) throw new Error('a wrong answer');
    } catch (error) {
      if (!isCairnError(error, 'CORRUPTION', 'UNSUPPORTED_FORMAT', 'NOT_A_STORE')) throw error;
      detected = true;
    }
  };
  for (const options of WAYS) {
    await ask(async () => {
      await using reader = await openStore<unknown, unknown>(uri, options);
      const step = Math.max(1, Math.floor(entries.length / 20));
      for (let i = 0; i < entries.length; i += step)
        await ask(() => reader.getSync(entries[i][0]), entries[i][1]);
      await ask(() => [...reader.entriesSync()], entries);
      await ask(() => [...reader.entriesSync({ reverse: true })].reverse(), entries);
      await ask(() => reader.countSync(), entries.length);
    }, undefined);
  }
  return detected;
}

describe.each(goldenNames())('the golden store %s, damaged', (name) => {
  it('returns right answers or none, and a verification finds all damage', async () => {
    const random = new SeededRandom(SEED);
    const files = await storeFiles(goldenStore(name));
    const uri = `memory:campaign/${name}`;
    for (const [path, bytes] of files) await writeFile(`${uri}/${path}`, bytes);
    const entries = await entriesOf(uri);
    expect(await isDetected(uri, entries)).toBe(false);
    for (let trial = 0; trial < TRIALS; trial++) {
      const [kind, damage] = DAMAGES[trial % DAMAGES.length];
      const path = random.pick([...files.keys()]);
      const whole = files.get(path) as Uint8Array;
      const damaged = damage(whole.slice(), random, files, path);
      if (damaged === undefined || isDeepStrictEqual(damaged, whole)) continue;
      await writeFile(`${uri}/${path}`, damaged);
      const what = `trial ${trial}, ${path}: ${kind}`;
      await isDetected(uri, entries).catch((error: Error) => {
        throw new Error(`${what}: ${error.message}`, { cause: error });
      });
      // Also of what no answer depends on: the header, and a hash index that few look-ups don't use.
      const report = await verifyStore(uri).catch(() => ({ ok: false }));
      expect(report.ok, what).toBe(false);
      await writeFile(`${uri}/${path}`, whole);
    }
  });
});

async function entriesOf(uri: string): Promise<Entries> {
  await using reader = await openStore<unknown, unknown>(uri);
  return [...reader.entriesSync()];
}
