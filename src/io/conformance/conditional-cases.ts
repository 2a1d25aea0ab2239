import { CairnError, isCairnError } from '../../errors.ts';
import { isListable } from '../narrow-storage.ts';
import { equal, failure } from './checks.ts';
import { bytesOf, type StorageBench, type Test, text } from './storage-bench.ts';

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

  test('`replace()` with a check replaces exactly the bytes that it has accepted', async () => {
    const { storage, at } = await bench.freshToCommit();
    await failure(() => storage.replace(at('f'), bytesOf('new'), () => undefined), 'NOT_FOUND');
    equal(await storage.kind(at('f')), undefined);
    await storage.replace(at('f'), bytesOf('0'));
    const refusal = new Error('refused');
    const refused = await storage
      .replace(at('f'), bytesOf('new'), () => {
        throw refusal;
      })
      .catch((error: unknown) => error);
    equal(refused === refusal, true);
    equal(await bench.read(storage, at('f')), '0');
    // Each of many adds one to the number that it finds, or finds that another was quicker.
    let done = 0;
    const addOne = async (): Promise<void> => {
      const found = await bench.read(storage, at('f'));
      await storage.replace(at('f'), bytesOf(String(Number(found) + 1)), (current) => {
        if (text(current) !== found) throw new CairnError('CONFLICT', 'another was quicker');
      });
      done++;
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, addOne));
    for (const outcome of outcomes)
      if (outcome.status === 'rejected' && !isCairnError(outcome.reason, 'CONFLICT')) throw outcome.reason;
    equal(await bench.read(storage, at('f')), String(done));
    if (isListable(storage)) equal((await bench.list(storage, at())).length, 1);
  });
}
