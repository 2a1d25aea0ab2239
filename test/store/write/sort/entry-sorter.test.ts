import { beforeAll, describe, expect, it } from 'vitest';
import { CairnError, type CairnErrorDetails } from '../../../../src/errors.ts';
import { createStore } from '../../../../src/index.ts';
import type { ByteSink } from '../../../../src/io/byte-sink.ts';
import type { ByteSource } from '../../../../src/io/byte-source.ts';
import { MemoryStorage, memoryScheme } from '../../../../src/io/memory.ts';
import { registerStorage } from '../../../../src/io/uri.ts';
import { failure } from '../../../support/failures.ts';
import { tree } from '../../../support/storage-tools.ts';
import { numbered, type Pair, readAll, TEXT } from '../../../support/stores.ts';

/** A storage that counts what it holds open, has so much room, and may change a byte of what is read. */
class SortingStorage extends MemoryStorage {
  override readonly scheme: string = 'sorting';
  room = Number.POSITIVE_INFINITY;
  /** What the error says when there is no room. */
  evidence: CairnErrorDetails = { operation: 'write' };
  damagedByte: number | undefined;
  openSources = 0;
  mostSources = 0;

  override create(path: string): ByteSink {
    const sink = super.create(path);
    return {
      write: (bytes) => {
        this.room -= bytes.length;
        if (this.room < 0) throw new CairnError('IO', 'the disk is full', this.evidence);
        return sink.write(bytes);
      },
      finish: (durable) => sink.finish(durable),
      abort: () => sink.abort(),
    };
  }

  override async open(path: string): Promise<ByteSource> {
    const source = await super.open(path);
    this.mostSources = Math.max(this.mostSources, ++this.openSources);
    return {
      name: source.name,
      size: source.size,
      read: async (offset, target, signal) => {
        await source.read(offset, target, signal);
        if (this.damagedByte !== undefined && path.includes('run-')) target[this.damagedByte] ^= 1;
      },
      close: async () => {
        this.openSources--;
        await source.close();
      },
    };
  }
}

let storage: SortingStorage;

beforeAll(() => {
  storage = new SortingStorage();
  registerStorage(memoryScheme(storage));
});

const WIDE = numbered(600, 'k', 1200);

async function sortInto(uri: string, pairs: readonly Pair[]): Promise<void> {
  await using writer = await createStore(uri, { ...TEXT, sort: true, sortBytes: 65_536 });
  await writer.putAll(pairs);
  await writer.close();
}

describe('sorting through files', () => {
  it('merges early what would be too many files at once', async () => {
    storage.mostSources = 0;
    await sortInto('sorting:many', [...WIDE].reverse());
    expect(await readAll('sorting:many')).toEqual(WIDE);
    // Twelve times the memory, of which two files' worth is read at once: at most two files of each generation.
    expect(storage.mostSources).toBeLessThanOrEqual(6);
    expect(storage.openSources).toBe(0);
  });

  it('a byte that changes in a temporary file is found', async () => {
    for (const byte of [0, 9, 60_000]) {
      storage.damagedByte = byte;
      const error = await failure(sortInto('sorting:damaged', WIDE), 'CORRUPTION');
      expect(error).toMatchObject({ section: 'sorted run' });
      expect(error.file).toMatch(/run-\d+-\w+\.cairn$/);
      expect(await tree('sorting:damaged')).toEqual([]);
    }
    storage.damagedByte = undefined;
    await sortInto('sorting:damaged', WIDE);
  });

  it('without room says how much was needed, wherever the room ends, and leaves nothing', async () => {
    // Up to here, entries and both kinds of files need room; then the store is written.
    for (const room of [0, 50_000, 300_000, 900_000, 1_700_000]) {
      storage.room = room;
      const error = await failure(sortInto('sorting:full', [...WIDE].reverse()), 'IO');
      expect(error.message).toMatch(
        /the disk is full\. After \d+ entries, sorting needed \d+ bytes of temporary/,
      );
      expect(error.message).toContain('sortDirectory');
      expect(await tree('sorting:full')).toEqual([]);
      expect(storage.openSources).toBe(0);
    }
    storage.room = Number.POSITIVE_INFINITY;
  });

  it('passes on whether trying again may help, and says no where the storage says nothing', async () => {
    for (const evidence of [{}, { operation: 'append', transient: true }]) {
      Object.assign(storage, { room: 300_000, evidence });
      const error = await failure(sortInto('sorting:full', [...WIDE].reverse()), 'IO');
      expect(error).toMatchObject({ operation: 'write', transient: false, ...evidence });
    }
    Object.assign(storage, { room: Number.POSITIVE_INFINITY, evidence: { operation: 'write' } });
  });
});
