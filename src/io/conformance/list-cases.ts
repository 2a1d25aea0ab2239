import { check, equal } from './checks.ts';
import type { StorageBench, Test } from './storage-bench.ts';

/** What a {@link ListableStorage} promises besides. */
export function listCases(test: Test, bench: StorageBench): void {
  test('`kind()` and `list()` tell files from directories', async () => {
    const { storage, at, put } = await bench.freshToList();
    await put(at('file'), '12345');
    await put(at('directory', 'below', 'something'), 'x');
    equal(await storage.kind(at('file')), 'file');
    equal(await storage.kind(at('directory')), 'directory');
    equal(await storage.kind(at('none')), undefined);
    equal(await storage.kind(at('file', 'below')), undefined);
    const entries = await bench.list(storage, at());
    equal(
      entries.map(({ name, kind, bytes }) => ({ name, kind, bytes })),
      [
        { name: 'directory', kind: 'directory', bytes: 0 },
        { name: 'file', kind: 'file', bytes: 5 },
      ],
    );
    check(
      Math.abs(entries[1].modifiedMs - Date.now()) < 60_000,
      'the time of the last change is that of writing',
    );
    equal(await bench.list(storage, at('none')), []);
    equal(
      (await bench.list(storage, at('directory'))).map(({ name }) => name),
      ['below'],
    );
  });
}
