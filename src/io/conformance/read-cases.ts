import { isCairnError } from '../../errors.ts';
import { locate } from '../uri.ts';
import { check, equal, failure, failureNow, rejection } from './checks.ts';
import { type StorageBench, type Test, text } from './storage-bench.ts';

/** What every storage promises: a {@link ReadableStorage}. */
export function readCases(test: Test, bench: StorageBench): void {
  test('`open()` reads at any offset, waiting or not, and exactly', async () => {
    const { storage, at, put } = await bench.freshToRead();
    await put(at('f'), '0123456789');
    const source = await storage.open(at('f'));
    for (let offset = 0; offset <= 10; offset++) {
      for (let length = 0; offset + length <= 10; length++) {
        const [later, now] = [new Uint8Array(length), new Uint8Array(length)];
        await source.read(offset, later);
        if (source.readSync === undefined) now.set(later);
        else source.readSync(offset, now);
        equal([text(later), text(now)], Array(2).fill('0123456789'.slice(offset, offset + length)));
      }
    }
    for (const [offset, length] of [
      [10, 1],
      [5, 6],
      [11, 1],
      [1000, 5],
    ]) {
      const target = new Uint8Array(length);
      const error = await failure(source.read(offset, target), 'CORRUPTION');
      equal(error.file, source.name);
      if (source.readSync !== undefined) {
        failureNow(() => source.readSync?.(offset, target), 'CORRUPTION');
      }
    }
    await source.close();
    await source.close();
    await failure(source.read(0, new Uint8Array(1)), 'CLOSED');
    if (source.readSync !== undefined) failureNow(() => source.readSync?.(0, new Uint8Array(1)), 'CLOSED');
  });

  test('`open()` reads many places at once, and closing waits for none of them to break', async () => {
    const { storage, at, put } = await bench.freshToRead();
    await put(at('f'), 'abcdefghij'.repeat(1000));
    const source = await storage.open(at('f'));
    const reads = Array.from({ length: 200 }, async (_, i) => {
      const target = new Uint8Array(10);
      await source.read(i * 50, target);
      return text(target);
    });
    const closing = source.close();
    for (const result of await Promise.allSettled(reads)) {
      if (result.status === 'fulfilled') equal(result.value, 'abcdefghij');
      else check(isCairnError(result.reason, 'CLOSED'), 'a read that its closing ends fails with CLOSED');
    }
    await closing;
  });

  test('`read()` rejects with the reason of a signal', async () => {
    const { storage, at, put } = await bench.freshToRead();
    await put(at('f'), 'abc');
    const source = await storage.open(at('f'));
    const reason = new Error('stop');
    equal(await rejection(source.read(0, new Uint8Array(3), AbortSignal.abort(reason))), reason);
    await source.close();
  });

  test('`open()` of nothing is NOT_FOUND, of a directory an error', async () => {
    const { storage, at } = await bench.freshToRead();
    await failure(() => storage.open(at('none')), 'NOT_FOUND');
    await failure(() => storage.open(at('none', 'below')), 'NOT_FOUND');
    await failure(() => storage.open(at()), 'NOT_FOUND', 'NOT_A_STORE', 'IO');
  });

  test('`kind()` tells a file from nothing', async () => {
    const { storage, at, put } = await bench.freshToRead();
    // A storage without directories may know files by this ending only.
    await put(at('f.cairn'), 'x');
    equal(await storage.kind(at('f.cairn')), 'file');
    equal(await storage.kind(at('none.cairn')), undefined);
  });

  test('`join()`, `split()` and `uri()` go together', async () => {
    const { storage, at } = await bench.freshToRead();
    equal(storage.split(at('a', 'b')), { directory: at('a'), name: 'b' });
    equal(locate(storage.uri(at('a', 'b'))).path, at('a', 'b'));
  });
}
