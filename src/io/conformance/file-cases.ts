import { equal, failure, failureNow } from './checks.ts';
import { bytesOf, type StorageBench, type Test, text } from './storage-bench.ts';

/** What a complete storage promises about files. */
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
}
