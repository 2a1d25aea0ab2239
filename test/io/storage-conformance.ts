import { afterAll, describe, expect, it } from 'vitest';
import type { Storage, StorageEntry } from '../../src/io/storage.ts';
import { locate } from '../../src/io/uri.ts';
import { failure, failureNow, rejection } from '../support/failures.ts';
import type { Place } from '../support/places.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (string: string): Uint8Array => new TextEncoder().encode(string);

/** Everything that a storage promises. */
export function storageConformance(place: Place): void {
  async function fresh(): Promise<{ storage: Storage; at: (...names: string[]) => string }> {
    const { storage, path } = locate(await place.root());
    return {
      storage,
      at: (...names) => names.reduce((directory, name) => storage.join(directory, name), path),
    };
  }

  async function write(storage: Storage, path: string, ...pieces: string[]): Promise<void> {
    const sink = storage.create(path);
    for (const piece of pieces) await sink.write(bytesOf(piece));
    await sink.finish();
  }

  /** A directory that is there on every storage: with something in it where there are no others. */
  async function makeDirectory(storage: Storage, path: string): Promise<void> {
    await storage.makeDirectory(path);
    if (place.objects) await write(storage, storage.join(path, 'something'), 'x');
  }

  async function read(storage: Storage, path: string): Promise<string> {
    const source = await storage.open(path);
    const bytes = new Uint8Array(source.size);
    await source.read(0, bytes);
    await source.close();
    return text(bytes);
  }

  async function list(storage: Storage, path: string): Promise<StorageEntry[]> {
    const entries: StorageEntry[] = [];
    for await (const entry of storage.list(path)) entries.push(entry);
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  describe(`the storage of ${place.name}`, () => {
    afterAll(() => place.cleanUp());

    it('`create()` writes a file in pieces, which belong to the caller', async () => {
      const { storage, at } = await fresh();
      const sink = storage.create(at('f'));
      const piece = new Uint8Array(1000);
      for (let i = 0; i < 50; i++) {
        piece.fill(i);
        const waiting = sink.write(piece);
        piece.fill(255);
        await waiting;
      }
      await sink.write(new Uint8Array(0));
      await sink.finish();
      const source = await storage.open(at('f'));
      expect(source.size).toBe(50_000);
      const whole = new Uint8Array(50_000);
      await source.read(0, whole);
      expect(whole.every((byte, i) => byte === Math.floor(i / 1000))).toBe(true);
      await source.close();
    });

    it('`create()` writes pieces larger than any buffer', async () => {
      const { storage, at } = await fresh();
      const large = new Uint8Array(7_500_001).map((_, i) => i % 251);
      const sink = storage.create(at('f'));
      sink.write(bytesOf('head'));
      // A caller that doesn't wait is correct, too.
      sink.write(large);
      sink.write(bytesOf('tail'));
      await sink.finish();
      const source = await storage.open(at('f'));
      expect(source.size).toBe(large.length + 8);
      const found = new Uint8Array(large.length);
      await source.read(4, found);
      expect(Buffer.compare(found, large)).toBe(0);
      await source.close();
    });

    it('`create()` of a name that is taken is ALREADY_EXISTS, and keeps what is there', async () => {
      const { storage, at } = await fresh();
      await write(storage, at('f'), 'old');
      if (place.objects) {
        const sink = storage.create(at('f'));
        await sink.write(bytesOf('new'));
        await failure(sink.finish(), 'ALREADY_EXISTS');
        await sink.abort();
      } else {
        await storage.makeDirectory(at('d'));
        failureNow(() => storage.create(at('f')), 'ALREADY_EXISTS');
        failureNow(() => storage.create(at('d')), 'ALREADY_EXISTS', 'IO');
      }
      expect(await read(storage, at('f'))).toBe('old');
    });

    it('`abort()` removes the file, finished or not, and may be called when it is gone', async () => {
      const { storage, at } = await fresh();
      const sink = storage.create(at('f'));
      await sink.write(bytesOf('x'));
      await sink.abort();
      expect(await storage.kind(at('f'))).toBeUndefined();
      await sink.abort();
      const finished = storage.create(at('f'));
      await finished.finish();
      await finished.abort();
      expect(await list(storage, at())).toEqual([]);
    });

    it('`open()` reads at any offset, waiting or not, and exactly', async () => {
      const { storage, at } = await fresh();
      await write(storage, at('f'), '0123456789');
      const source = await storage.open(at('f'));
      for (let offset = 0; offset <= 10; offset++) {
        for (let length = 0; offset + length <= 10; length++) {
          const [later, now] = [new Uint8Array(length), new Uint8Array(length)];
          await source.read(offset, later);
          if (source.readSync === undefined) now.set(later);
          else source.readSync(offset, now);
          expect([text(later), text(now)]).toEqual(
            Array(2).fill('0123456789'.slice(offset, offset + length)),
          );
        }
      }
      for (const [offset, length] of [
        [10, 1],
        [5, 6],
        [11, 1],
        [1000, 5],
      ]) {
        const target = new Uint8Array(length);
        expect(await failure(source.read(offset, target), 'CORRUPTION')).toMatchObject({ file: source.name });
        if (source.readSync !== undefined) {
          failureNow(() => source.readSync?.(offset, target), 'CORRUPTION');
        }
      }
      await source.close();
      await source.close();
      await failure(source.read(0, new Uint8Array(1)), 'CLOSED');
      if (source.readSync !== undefined) failureNow(() => source.readSync?.(0, new Uint8Array(1)), 'CLOSED');
    });

    it('`open()` reads many places at once, and closing waits for none of them to break', async () => {
      const { storage, at } = await fresh();
      await write(storage, at('f'), 'abcdefghij'.repeat(1000));
      const source = await storage.open(at('f'));
      const reads = Array.from({ length: 200 }, async (_, i) => {
        const target = new Uint8Array(10);
        await source.read(i * 50, target);
        return text(target);
      });
      const closing = source.close();
      for (const result of await Promise.allSettled(reads)) {
        if (result.status === 'fulfilled') expect(result.value).toBe('abcdefghij');
        else expect(result.reason).toMatchObject({ code: 'CLOSED' });
      }
      await closing;
    });

    it('`read()` rejects with the reason of a signal', async () => {
      const { storage, at } = await fresh();
      await write(storage, at('f'), 'abc');
      const source = await storage.open(at('f'));
      const reason = new Error('stop');
      expect(await rejection(source.read(0, new Uint8Array(3), AbortSignal.abort(reason)))).toBe(reason);
      await source.close();
    });

    it('`open()` of nothing is NOT_FOUND, of a directory an error', async () => {
      const { storage, at } = await fresh();
      await failure(() => storage.open(at('none')), 'NOT_FOUND');
      await failure(() => storage.open(at('none', 'below')), 'NOT_FOUND');
      await failure(() => storage.open(at()), 'NOT_FOUND', 'NOT_A_STORE', 'IO');
    });

    it('a file that is removed or replaced stays readable for those who opened it before', async () => {
      const { storage, at } = await fresh();
      await write(storage, at('f'), 'first');
      const first = await storage.open(at('f'));
      await storage.replace(at('f'), bytesOf('second'));
      const second = await storage.open(at('f'));
      await storage.remove(at('f'));
      for (const [source, wanted] of [
        [first, 'first'],
        [second, 'second'],
      ] as const) {
        const target = new Uint8Array(source.size);
        await source.read(0, target);
        expect(text(target)).toBe(wanted);
        await source.close();
      }
      await failure(() => storage.open(at('f')), 'NOT_FOUND');
    });

    it('`putIfAbsent()` is true for exactly one of many, whose bytes are there', async () => {
      const { storage, at } = await fresh();
      const outcomes = await Promise.all(
        Array.from({ length: 30 }, (_, i) => storage.putIfAbsent(at('f'), bytesOf(`by ${i}`))),
      );
      expect(outcomes.filter((won) => won).length).toBe(1);
      expect(await read(storage, at('f'))).toBe(`by ${outcomes.indexOf(true)}`);
      expect((await list(storage, at())).map(({ name }) => name)).toEqual(['f']);
      expect(await storage.putIfAbsent(at('f'), bytesOf('late'))).toBe(false);
      expect(await read(storage, at('f'))).toBe(`by ${outcomes.indexOf(true)}`);
    });

    it('`replace()` makes a file or takes the place of one, and leaves nothing else', async () => {
      const { storage, at } = await fresh();
      const bytes = bytesOf('first');
      await storage.replace(at('f'), bytes);
      bytes.fill(0);
      expect(await read(storage, at('f'))).toBe('first');
      await storage.replace(at('f'), bytesOf('second'));
      expect(await read(storage, at('f'))).toBe('second');
      expect((await list(storage, at())).length).toBe(1);
    });

    it('`kind()` and `list()` tell files from directories', async () => {
      const { storage, at } = await fresh();
      await write(storage, at('file'), '12345');
      await makeDirectory(storage, at('directory', 'below'));
      expect(await storage.kind(at('file'))).toBe('file');
      expect(await storage.kind(at('directory'))).toBe('directory');
      expect(await storage.kind(at('none'))).toBeUndefined();
      expect(await storage.kind(at('file', 'below'))).toBeUndefined();
      const entries = await list(storage, at());
      expect(entries).toMatchObject([
        { name: 'directory', kind: 'directory', bytes: 0 },
        { name: 'file', kind: 'file', bytes: 5 },
      ]);
      expect(Math.abs(entries[1].modifiedMs - Date.now())).toBeLessThan(60_000);
      expect(await list(storage, at('none'))).toEqual([]);
      expect((await list(storage, at('directory'))).map(({ name }) => name)).toEqual(['below']);
    });

    it('`list()` bears that what it lists is removed meanwhile', async () => {
      const { storage, at } = await fresh();
      for (let i = 0; i < 20; i++) await write(storage, at(`f${i}`), 'x');
      let seen = 0;
      for await (const { name } of storage.list(at())) {
        seen++;
        await storage.remove(at(name));
        await storage.remove(at('f19'));
      }
      expect(seen).toBeGreaterThanOrEqual(19);
      expect(await list(storage, at())).toEqual([]);
    });

    it('`makeDirectory()` makes the parents, and says whether it was there', async () => {
      const { storage, at } = await fresh();
      expect(await storage.makeDirectory(at('a', 'b', 'c'))).toBe(true);
      await makeDirectory(storage, at('a', 'b', 'c'));
      expect(await storage.makeDirectory(at('a', 'b', 'c'))).toBe(false);
      expect(await storage.makeDirectory(at('a'))).toBe(false);
      await storage.syncDirectory(at('a'));
      await write(storage, at('f'), '');
      await failure(storage.makeDirectory(at('f')), 'ALREADY_EXISTS');
      if (!place.objects) await failure(storage.makeDirectory(at('f', 'below')), 'ALREADY_EXISTS', 'IO');
      expect(await storage.kind(at('f'))).toBe('file');
    });

    it('`remove()` and `removeDirectory()` bear what is gone, and keep what is not empty', async () => {
      const { storage, at } = await fresh();
      await storage.remove(at('none'));
      expect(await storage.removeDirectory(at('none'))).toBe(true);
      await makeDirectory(storage, at('d', 'below'));
      expect(await storage.removeDirectory(at('d'))).toBe(false);
      await storage.remove(at('d', 'below', 'something'));
      await storage.removeDirectory(at('d', 'below'));
      await write(storage, at('d', 'f'), 'x');
      expect(await storage.removeDirectory(at('d'))).toBe(false);
      expect(await read(storage, at('d', 'f'))).toBe('x');
      await storage.remove(at('d', 'f'));
      expect(await storage.removeDirectory(at('d'))).toBe(true);
      expect(await list(storage, at())).toEqual([]);
    });

    it('`link()` gives a second name, which outlives the first', async () => {
      const { storage, at } = await fresh();
      await write(storage, at('f'), 'text');
      if (!(await storage.link(at('f'), at('g')))) return;
      await storage.remove(at('f'));
      expect(await read(storage, at('g'))).toBe('text');
      await write(storage, at('f'), 'other');
      await failure(storage.link(at('f'), at('g')), 'ALREADY_EXISTS');
      await failure(storage.link(at('none'), at('h')), 'NOT_FOUND');
      expect(await read(storage, at('g'))).toBe('text');
    });

    it('`moveDirectory()` moves all of it, to a name that nothing has', async () => {
      const { storage, at } = await fresh();
      await storage.makeDirectory(at('a', 'below'));
      await write(storage, at('a', 'f'), '1');
      await write(storage, at('a', 'below', 'g'), '2');
      await makeDirectory(storage, at('ab'));
      const open = await storage.open(at('a', 'f'));
      await storage.moveDirectory(at('a'), at('deep', 'er', 'b'));
      expect(await storage.kind(at('a'))).toBeUndefined();
      expect(await storage.kind(at('ab'))).toBe('directory');
      expect(await read(storage, at('deep', 'er', 'b', 'f'))).toBe('1');
      expect(await read(storage, at('deep', 'er', 'b', 'below', 'g'))).toBe('2');
      const target = new Uint8Array(1);
      await open.read(0, target);
      expect(text(target)).toBe('1');
      await open.close();
      await storage.makeDirectory(at('c'));
      await write(storage, at('c', 'f'), '3');
      await failure(storage.moveDirectory(at('c'), at('deep')), 'ALREADY_EXISTS');
      await failure(storage.moveDirectory(at('none'), at('new')), 'NOT_FOUND');
      expect(await read(storage, at('c', 'f'))).toBe('3');
      expect(await storage.kind(at('new'))).toBeUndefined();
    });

    it('`join()`, `split()` and `uri()` go together', async () => {
      const { storage, at } = await fresh();
      expect(storage.split(at('a', 'b'))).toEqual({ directory: at('a'), name: 'b' });
      expect(locate(storage.uri(at('a', 'b'))).path).toBe(at('a', 'b'));
    });
  });
}
