import { beforeAll, describe, expect, it } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import type { ByteSink } from '../../src/io/byte-sink.ts';
import { MemoryStorage, memoryScheme } from '../../src/io/memory.ts';
import { registerStorage } from '../../src/io/uri.ts';
import { cairn, must } from '../support/run-cairn.ts';

/** A storage that has room for so many bytes. The real thing, a small disk, is in process.test.ts. */
class FullStorage extends MemoryStorage {
  override readonly scheme: string = 'full';
  room = Number.POSITIVE_INFINITY;

  override create(path: string): ByteSink {
    const sink = super.create(path);
    return {
      write: (bytes) => {
        this.room -= bytes.length;
        if (this.room < 0) throw new CairnError('IO', 'the disk is full', { operation: 'write' });
        return sink.write(bytes);
      },
      finish: () => sink.finish(),
      abort: () => sink.abort(),
    };
  }
}

const storage = new FullStorage();

beforeAll(() => {
  registerStorage(memoryScheme(storage));
});

describe('a full disk', () => {
  const stdin = Array.from({ length: 2000 }, (_, i) => `${i + 10_000}\t${'x'.repeat(40)}\n`).join('');

  async function nothingAt(path: string): Promise<boolean> {
    for await (const _ of storage.list(path)) return false;
    return (await storage.kind(path)) === undefined;
  }

  it('ends an import with 4, early or late, and leaves nothing', async () => {
    storage.room = Number.POSITIVE_INFINITY;
    await must(['import', 'full:whole', '-q', '--partition-bytes', '16k'], { stdin });
    for (let room = 0; room < 110_000; room += 10_000) {
      storage.room = room;
      expect(await cairn(['import', 'full:half', '--partition-bytes', '16k'], { stdin })).toMatchObject({
        code: 4,
        out: '',
        err: 'cairn: the disk is full\n',
      });
      expect(await nothingAt('half')).toBe(true);
    }
  });

  it('ends a job with 4, which is gone on with when there is room', async () => {
    storage.room = Number.POSITIVE_INFINITY;
    await must(['import', 'full:in', '-q', '--partition-bytes', '16k'], { stdin });
    const job = 'fixtures/jobs/clone.mjs';
    storage.room = 40_000;
    const ended = await cairn(['run', job, '-i', 'full:in', '-o', 'full:job', '-q']);
    expect(ended).toMatchObject({ code: 4, err: 'cairn: the disk is full\n' });
    expect((await cairn(['get', 'full:job', '10000'])).code).toBe(5);
    storage.room = Number.POSITIVE_INFINITY;
    await must(['run', job, '-o', 'full:job', '--resume']);
    expect((await must(['diff', 'full:in', 'full:job'])).code).toBe(0);
  });

  it('ends a test with 4 and leaves nothing', async () => {
    storage.room = 50_000;
    expect(await cairn(['test', 'full:test'])).toMatchObject({ code: 4, err: 'cairn: the disk is full\n' });
    expect(await nothingAt('test')).toBe(true);
  });

  it('ends a merge with 4 and keeps its sources', async () => {
    storage.room = Number.POSITIVE_INFINITY;
    await must(['import', 'full:a', '-q'], { stdin });
    await must(['import', 'full:b', '-q'], { stdin: '10000x\ty\n' });
    storage.room = 30_000;
    expect(await cairn(['merge', 'full:a', 'full:b', 'full:c', '--move'])).toMatchObject({ code: 4 });
    expect(await nothingAt('c')).toBe(true);
    expect((await must(['count', 'full:a'])).out).toBe('2000\n');
    expect((await must(['count', 'full:b'])).out).toBe('1\n');
  });

  it('ends commits of a collection with 4, and leaves the last version', async () => {
    storage.room = Number.POSITIVE_INFINITY;
    await must(['import', '--into', 'full:kept', '-q'], { stdin: 'a\t1\n' });
    for (const argv of [
      ['import', '--into', 'full:kept'],
      ['import', '--into', 'full:kept', '--replace'],
    ]) {
      for (let room = 0; room < 110_000; room += 20_000) {
        storage.room = room;
        expect(await cairn(argv, { stdin })).toMatchObject({
          code: 4,
          out: '',
          err: 'cairn: the disk is full\n',
        });
        storage.room = Number.POSITIVE_INFINITY;
        expect((await must(['scan', 'full:kept'])).out).toBe('a\t1\n');
        expect((await must(['sweep', 'full:kept', '--older-than', '0'])).err).toBe('removed 0 files, 0 B\n');
      }
    }
    await must(['set', 'full:kept', 'a', '2', '-q']);
    expect((await must(['verify', 'full:kept', '-q'])).out).toBe('');
  });
});
