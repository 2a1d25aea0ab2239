import { isListable } from '../narrow-storage.ts';
import { equal } from './checks.ts';
import { bytesOf, type StorageBench, type Test } from './storage-bench.ts';

/** What a {@link ConditionalStorage} promises besides. */
export function conditionalCases(test: Test, bench: StorageBench): void {
  test('`putIfAbsent()` is true for exactly one of many, whose bytes are there', async () => {
    const { storage, at } = await bench.freshToCommit();
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, i) => storage.putIfAbsent(at('f'), bytesOf(`by ${i}`))),
    );
    equal(outcomes.filter((won) => won).length, 1);
    equal(await bench.read(storage, at('f')), `by ${outcomes.indexOf(true)}`);
    if (isListable(storage)) {
      equal(
        (await bench.list(storage, at())).map(({ name }) => name),
        ['f'],
      );
    }
    equal(await storage.putIfAbsent(at('f'), bytesOf('late')), false);
    equal(await bench.read(storage, at('f')), `by ${outcomes.indexOf(true)}`);
  });

  test('`replace()` makes a file or takes the place of one, and leaves nothing else', async () => {
    const { storage, at } = await bench.freshToCommit();
    const bytes = bytesOf('first');
    await storage.replace(at('f'), bytes);
    bytes.fill(0);
    equal(await bench.read(storage, at('f')), 'first');
    await storage.replace(at('f'), bytesOf('second'));
    equal(await bench.read(storage, at('f')), 'second');
    if (isListable(storage)) equal((await bench.list(storage, at())).length, 1);
  });
}
