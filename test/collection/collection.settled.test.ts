import { expect, it } from 'vitest';
import { collectionInfo, openCollection } from '../../src/collection/index.ts';
import type { ByteSink } from '../../src/io/byte-sink.ts';
import { MemoryStorage, memoryScheme } from '../../src/io/memory.ts';
import { registerStorage } from '../../src/io/uri.ts';

/** Makes files that are finished only when the gate opens. */
class GatedStorage extends MemoryStorage {
  override readonly scheme: string = 'gated';
  gate: Promise<void> | undefined;

  override create(path: string): ByteSink {
    const sink = super.create(path);
    return {
      write: (bytes) => sink.write(bytes),
      finish: async () => {
        await this.gate;
        await sink.finish();
      },
      abort: () => sink.abort(),
    };
  }
}

it('settled() waits for the compaction that a commit has begun', async () => {
  const storage = new GatedStorage();
  registerStorage(memoryScheme(storage));
  const value = 'x'.repeat(200_000);
  const generations = async (): Promise<number> => (await collectionInfo('gated:c')).generations.length;
  {
    await using filling = await openCollection<string, string>('gated:c', { autoCompact: false });
    for (let i = 0; i < 5; i++) await filling.set(`key ${i}`, value);
  }
  await using collection = await openCollection<string, string>('gated:c');
  // The changes of this one fit into the version file: only the compaction makes a file.
  let open = (): void => undefined;
  storage.gate = new Promise((resolve) => {
    open = resolve;
  });
  await collection.set('small', 'x');
  expect(await generations()).toBe(6);
  let isSettled = false;
  const settled = collection.settled().then(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const wasSettled = isSettled;
  open();
  await settled;
  expect(wasSettled).toBe(false);
  expect(await generations()).toBeLessThan(6);
  expect(collection.info.generations.length).toBe(await generations());
  expect(await collection.count()).toBe(6);
});
