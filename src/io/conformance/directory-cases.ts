import { check, equal, failure } from './checks.ts';
import { type StorageBench, type Test, text } from './storage-bench.ts';

/** What a complete storage promises about directories. */
export function directoryCases(test: Test, bench: StorageBench): void {
  test('`list()` bears that what it lists is removed meanwhile', async () => {
    const { storage, at } = await bench.fresh();
    for (let i = 0; i < 20; i++) await bench.write(storage, at(`f${i}`), 'x');
    let seen = 0;
    for await (const { name } of storage.list(at())) {
      seen++;
      await storage.remove(at(name));
      await storage.remove(at('f19'));
    }
    check(seen >= 19, 'what is there all the time is listed');
    equal(await bench.list(storage, at()), []);
  });

  test('`makeDirectory()` makes the parents, and says whether it was there', async () => {
    const { storage, at } = await bench.fresh();
    equal(await storage.makeDirectory(at('a', 'b', 'c')), true);
    await bench.makeDirectory(storage, at('a', 'b', 'c'));
    equal(await storage.makeDirectory(at('a', 'b', 'c')), false);
    equal(await storage.makeDirectory(at('a')), false);
    await storage.syncDirectory(at('a'));
    await bench.write(storage, at('f'), '');
    await failure(storage.makeDirectory(at('f')), 'ALREADY_EXISTS');
    if (!bench.objects) await failure(storage.makeDirectory(at('f', 'below')), 'ALREADY_EXISTS', 'IO');
    equal(await storage.kind(at('f')), 'file');
  });

  test('`remove()` and `removeDirectory()` bear what is gone, and keep what is not empty', async () => {
    const { storage, at } = await bench.fresh();
    await storage.remove(at('none'));
    equal(await storage.removeDirectory(at('none')), true);
    await bench.makeDirectory(storage, at('d', 'below'));
    equal(await storage.removeDirectory(at('d')), false);
    await storage.remove(at('d', 'below', 'something'));
    await storage.removeDirectory(at('d', 'below'));
    await bench.write(storage, at('d', 'f'), 'x');
    equal(await storage.removeDirectory(at('d')), false);
    equal(await bench.read(storage, at('d', 'f')), 'x');
    await storage.remove(at('d', 'f'));
    equal(await storage.removeDirectory(at('d')), true);
    equal(await bench.list(storage, at()), []);
  });

  test('`link()` gives a second name, which outlives the first', async () => {
    const { storage, at } = await bench.fresh();
    await bench.write(storage, at('f'), 'text');
    if (storage.link === undefined || !(await storage.link(at('f'), at('g')))) return;
    await storage.remove(at('f'));
    equal(await bench.read(storage, at('g')), 'text');
    await bench.write(storage, at('f'), 'other');
    await failure(storage.link(at('f'), at('g')), 'ALREADY_EXISTS');
    await failure(storage.link(at('none'), at('h')), 'NOT_FOUND');
    equal(await bench.read(storage, at('g')), 'text');
  });

  test('`moveDirectory()` moves all of it, to a name that nothing has', async () => {
    const { storage, at } = await bench.fresh();
    if (storage.moveDirectory === undefined) return;
    await storage.makeDirectory(at('a', 'below'));
    await bench.write(storage, at('a', 'f'), '1');
    await bench.write(storage, at('a', 'below', 'g'), '2');
    await bench.makeDirectory(storage, at('ab'));
    const open = await storage.open(at('a', 'f'));
    await storage.moveDirectory(at('a'), at('deep', 'er', 'b'));
    equal(await storage.kind(at('a')), undefined);
    equal(await storage.kind(at('ab')), 'directory');
    equal(await bench.read(storage, at('deep', 'er', 'b', 'f')), '1');
    equal(await bench.read(storage, at('deep', 'er', 'b', 'below', 'g')), '2');
    const target = new Uint8Array(1);
    await open.read(0, target);
    equal(text(target), '1');
    await open.close();
    await storage.makeDirectory(at('c'));
    await bench.write(storage, at('c', 'f'), '3');
    await failure(storage.moveDirectory(at('c'), at('deep')), 'ALREADY_EXISTS');
    await failure(storage.moveDirectory(at('none'), at('new')), 'NOT_FOUND');
    equal(await bench.read(storage, at('c', 'f')), '3');
    equal(await storage.kind(at('new')), undefined);
  });
}
