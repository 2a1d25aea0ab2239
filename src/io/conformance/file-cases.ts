import { isCairnError } from '../../errors.ts';
import { check, equal, failure, failureNow, rejection } from './checks.ts';
import { bytesOf, type StorageBench, type Test, text } from './storage-bench.ts';

/** What a storage promises of files. */
export function fileCases(test: Test, bench: StorageBench): void {
  test('`create()` writes a file in pieces, which belong to the caller', async () => {
    const { storage, at } = await bench.fresh();
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
    equal(source.size, 50_000);
    const whole = new Uint8Array(50_000);
    await source.read(0, whole);
    equal(
      whole.every((byte, i) => byte === Math.floor(i / 1000)),
      true,
    );
    await source.close();
  });

  test('`create()` writes pieces larger than any buffer', async () => {
    const { storage, at } = await bench.fresh();
    const large = new Uint8Array(7_500_001).map((_, i) => i % 251);
    const sink = storage.create(at('f'));
    sink.write(bytesOf('head'));
    // A caller that doesn't wait is correct, too.
    sink.write(large);
    sink.write(bytesOf('tail'));
    await sink.finish();
    const source = await storage.open(at('f'));
    equal(source.size, large.length + 8);
    const found = new Uint8Array(large.length);
    await source.read(4, found);
    equal(found, large);
    await source.close();
  });

  test('`create()` of a name that is taken is ALREADY_EXISTS, and keeps what is there', async () => {
    const { storage, at } = await bench.fresh();
    await bench.write(storage, at('f'), 'old');
    if (bench.objects) {
      const sink = storage.create(at('f'));
      await sink.write(bytesOf('new'));
      await failure(sink.finish(), 'ALREADY_EXISTS');
      await sink.abort();
    } else {
      await storage.makeDirectory(at('d'));
      failureNow(() => storage.create(at('f')), 'ALREADY_EXISTS');
      failureNow(() => storage.create(at('d')), 'ALREADY_EXISTS', 'IO');
    }
    equal(await bench.read(storage, at('f')), 'old');
  });

  test('`makeDurable()` leaves a file as it is, and finds out that one is missing', async () => {
    const { storage, at } = await bench.fresh();
    if (storage.makeDurable === undefined) return;
    await bench.write(storage, at('f'), '12345');
    await storage.makeDurable(at('f'));
    equal(await bench.read(storage, at('f')), '12345');
    await failure(storage.makeDurable(at('none')), 'NOT_FOUND');
  });

  test('`abort()` removes the file, finished or not, and may be called when it is gone', async () => {
    const { storage, at } = await bench.fresh();
    const sink = storage.create(at('f'));
    await sink.write(bytesOf('x'));
    await sink.abort();
    equal(await storage.kind(at('f')), undefined);
    await sink.abort();
    const finished = storage.create(at('f'));
    await finished.finish();
    await finished.abort();
    equal(await bench.list(storage, at()), []);
  });

  test('`open()` reads at any offset, waiting or not, and exactly', async () => {
    const { storage, at } = await bench.fresh();
    await bench.write(storage, at('f'), '0123456789');
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
    const { storage, at } = await bench.fresh();
    await bench.write(storage, at('f'), 'abcdefghij'.repeat(1000));
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
    const { storage, at } = await bench.fresh();
    await bench.write(storage, at('f'), 'abc');
    const source = await storage.open(at('f'));
    const reason = new Error('stop');
    equal(await rejection(source.read(0, new Uint8Array(3), AbortSignal.abort(reason))), reason);
    await source.close();
  });

  test('`open()` of nothing is NOT_FOUND, of a directory an error', async () => {
    const { storage, at } = await bench.fresh();
    await failure(() => storage.open(at('none')), 'NOT_FOUND');
    await failure(() => storage.open(at('none', 'below')), 'NOT_FOUND');
    await failure(() => storage.open(at()), 'NOT_FOUND', 'NOT_A_STORE', 'IO');
  });

  test('a file that is removed or replaced stays readable for those who opened it before', async () => {
    const { storage, at } = await bench.fresh();
    await bench.write(storage, at('f'), 'first');
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
      equal(text(target), wanted);
      await source.close();
    }
    await failure(() => storage.open(at('f')), 'NOT_FOUND');
  });

  test('`putIfAbsent()` is true for exactly one of many, whose bytes are there', async () => {
    const { storage, at } = await bench.fresh();
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, i) => storage.putIfAbsent(at('f'), bytesOf(`by ${i}`))),
    );
    equal(outcomes.filter((won) => won).length, 1);
    equal(await bench.read(storage, at('f')), `by ${outcomes.indexOf(true)}`);
    equal(
      (await bench.list(storage, at())).map(({ name }) => name),
      ['f'],
    );
    equal(await storage.putIfAbsent(at('f'), bytesOf('late')), false);
    equal(await bench.read(storage, at('f')), `by ${outcomes.indexOf(true)}`);
  });

  test('`replace()` makes a file or takes the place of one, and leaves nothing else', async () => {
    const { storage, at } = await bench.fresh();
    const bytes = bytesOf('first');
    await storage.replace(at('f'), bytes);
    bytes.fill(0);
    equal(await bench.read(storage, at('f')), 'first');
    await storage.replace(at('f'), bytesOf('second'));
    equal(await bench.read(storage, at('f')), 'second');
    equal((await bench.list(storage, at())).length, 1);
  });
}
