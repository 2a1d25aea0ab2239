import { describe, expect, it } from 'vitest';
import { isCairnError, openStore, verifyStore } from '../../src/node/index.ts';
import { writeFile } from '../support/storage-tools.ts';
import { collect } from '../support/stores.ts';
import { GOLDEN_CASES, type GoldenCase } from './golden-cases.ts';
import { goldenStore, storeFiles } from './golden-files.ts';

/** What reading a damaged store may come to, besides the right data. */
const REFUSALS = ['CORRUPTION', 'UNSUPPORTED_FORMAT', 'NOT_A_STORE'] as const;

function caseOf(name: string): GoldenCase {
  return GOLDEN_CASES.find((golden) => golden.name === name) as GoldenCase;
}

/** A golden store in memory, of which one file at a time is damaged. */
class Patient {
  readonly golden: GoldenCase;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly #uri: string;
  outcomes = { right: 0, refused: 0 };

  private constructor(golden: GoldenCase, files: ReadonlyMap<string, Uint8Array>) {
    this.golden = golden;
    this.files = files;
    this.#uri = `memory:damage/${golden.name}`;
  }

  static async of(name: string): Promise<Patient> {
    const files = await storeFiles(goldenStore(name));
    const patient = new Patient(caseOf(name), files);
    for (const [path, bytes] of files) await writeFile(`${patient.#uri}/${path}`, bytes);
    return patient;
  }

  /** Tries the store with another content of one file, then puts the right one back. */
  async examine(path: string, damaged: Uint8Array, what: string, bit?: number): Promise<void> {
    const file = `${this.#uri}/${path}`;
    await writeFile(file, damaged);
    try {
      const before = this.outcomes.refused;
      await this.#read(this.#uri, `${path}: ${what}`);
      const refused = this.outcomes.refused > before;
      const report = await verifyStore(this.#uri);
      if (report.ok || report.problems.length === 0)
        throw new Error(`${path}: ${what}: the verification saw nothing`);
      if (bit !== undefined) {
        const [{ file: named, section, flipped }, ...others] = report.problems;
        // Only the header is read by nobody but a verification.
        expect(refused, `${path}: ${what}: ${section}`).toBe(section !== 'header');
        expect({ named, flipped, others: others.length }, `${path}: ${what}`).toEqual({
          named: file,
          flipped: { byte: bit >> 3, bit: bit & 7 },
          others: 0,
        });
      }
      // The only partition of a store is that store, when it is opened by itself.
      if (this.files.size === 2 && path.endsWith('.cairn'))
        await this.#read(file, `${path} by itself: ${what}`);
    } finally {
      await writeFile(file, this.files.get(path) as Uint8Array);
    }
  }

  async #read(uri: string, what: string): Promise<void> {
    const { entries } = this.golden;
    const attempts: (() => Promise<unknown>)[] = [
      async () => {
        await using reader = await openStore<unknown, unknown>(uri);
        // Often enough that the hash index is used too.
        for (let i = 0; i < 10; i++) {
          for (const [key, value] of entries) expect(reader.getSync(key)).toEqual(value);
          expect(await reader.get('absent')).toBeUndefined();
        }
      },
      async () => {
        await using reader = await openStore<unknown, unknown>(uri, { cacheBytes: 0 });
        expect(await collect(reader.entries())).toEqual(entries);
      },
    ];
    for (const attempt of attempts) {
      try {
        await attempt();
        this.outcomes.right++;
      } catch (error) {
        if (!isCairnError(error, ...REFUSALS)) throw new Error(`${what}: not a refusal`, { cause: error });
        if (error.code === 'CORRUPTION' && (error.file === undefined || error.offset === undefined)) {
          throw new Error(`${what}: no file or offset`, { cause: error });
        }
        this.outcomes.refused++;
      }
    }
  }
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] ^= 1 << (bit & 7);
  return copy;
}

describe('the smallest golden store', () => {
  it('gives the right data or refuses, whichever bit is flipped; a verification names each', async () => {
    const patient = await Patient.of('one-entry');
    for (const [path, bytes] of patient.files) {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        await patient.examine(path, flipped(bytes, bit), `bit ${bit} flipped`, bit);
      }
    }
    // Only the header's bits are read by nobody but a verification.
    expect(patient.outcomes.refused).toBeGreaterThan(patient.outcomes.right * 20);
  });

  it('refuses at whatever length it is cut, and when it is extended', async () => {
    const patient = await Patient.of('one-entry');
    for (const [path, bytes] of patient.files) {
      for (let length = 0; length < bytes.length; length++) {
        await patient.examine(path, bytes.slice(0, length), `cut at ${length}`);
      }
      await patient.examine(path, Uint8Array.of(...bytes, 0), 'extended by a byte');
      await patient.examine(path, Uint8Array.of(...bytes, ...bytes), 'doubled');
    }
    expect(patient.outcomes.right).toBe(0);
  });
});

describe.each([
  'two-entries',
  'several-partitions',
  'compression-deflate',
  'compression-zstd',
  'hash-index-on',
])('the golden store %s', (name) => {
  it('gives the right data or refuses when single bits are flipped', async () => {
    const patient = await Patient.of(name);
    const total = [...patient.files.values()].reduce((sum, bytes) => sum + bytes.length * 8, 0);
    // A prime step, so that every position in a byte has its turn.
    const step = Math.max(1, Math.floor(total / 150)) | 1;
    let at = 0;
    for (const [path, bytes] of patient.files) {
      for (; at < bytes.length * 8; at += step)
        await patient.examine(path, flipped(bytes, at), `bit ${at} flipped`, at);
      at -= bytes.length * 8;
    }
    expect(patient.outcomes.refused).toBeGreaterThan(0);
  });
});

describe('blocks in the wrong place', () => {
  it('are refused, though each is whole', async () => {
    const patient = await Patient.of('hash-index-on');
    for (const [path, bytes] of patient.files) {
      if (!path.endsWith('.cairn')) continue;
      const swapped = bytes.slice();
      swapped.copyWithin(16, 16 + 512, 16 + 1024);
      swapped.set(bytes.subarray(16, 16 + 512), 16 + 512);
      await patient.examine(path, swapped, 'two halves of a block exchanged');
    }
    expect(patient.outcomes.right).toBe(0);
  });

  it('are refused when they come from another store of the same shape', async () => {
    const patient = await Patient.of('several-partitions');
    const [first, second] = [...patient.files].filter(([path]) => path.endsWith('.cairn'));
    await patient.examine(first[0], second[1], 'the file of another partition');
  });
});
