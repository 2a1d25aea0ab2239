import { describe, expect, it } from 'vitest';
import { copyCollection, openCollection, verifyCollection } from '../../src/collection/index.ts';
import { CairnError } from '../../src/errors.ts';
import type { ByteSink } from '../../src/io/byte-sink.ts';
import { MemoryStorage, memoryScheme } from '../../src/io/memory.ts';
import { registerStorage } from '../../src/io/uri.ts';
import { failure } from '../support/failures.ts';
import { removeFile, tree } from '../support/storage-tools.ts';

/** Calls a hook before each file is made, and before each put. */
class HookedStorage extends MemoryStorage {
  override readonly scheme: string = 'hooked';
  before: ((path: string) => void | Promise<void>) | undefined;

  override create(path: string): ByteSink {
    const sink = super.create(path);
    return {
      write: async (bytes) => {
        // Its memory is used again as soon as this returns.
        const own = bytes.slice();
        await this.before?.(path);
        await sink.write(own);
      },
      finish: () => sink.finish(),
      abort: () => sink.abort(),
    };
  }

  override async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    await this.before?.(path);
    return super.putIfAbsent(path, bytes);
  }
}

const storage = new HookedStorage();
registerStorage(memoryScheme(storage));

const LONG = 'x'.repeat(1000);

async function filled(uri: string, commits = 3): Promise<void> {
  const collection = await openCollection<string, string>(uri, {
    autoCompact: false,
    metadata: { by: 'us' },
  });
  for (let commit = 0; commit < commits; commit++) {
    await collection.commit(
      Array.from({ length: 200 }, (_, i) => ({ set: [`${commit} ${i}`, LONG] as const })),
    );
  }
  await collection.delete('0 7');
  await collection.close();
}

async function filesBelow(uri: string): Promise<string[]> {
  const found: string[] = [];
  const path = uri.slice(uri.indexOf(':') + 1);
  for (const directory of [path, `${path}/data`, `${path}/versions`]) {
    for await (const { name, kind } of storage.list(directory)) if (kind === 'file') found.push(name);
  }
  return found;
}

describe('copyCollection()', () => {
  it('makes a collection of the newest version, with files of the same names', async () => {
    await filled('hooked:from');
    const info = await copyCollection('hooked:from', 'hooked:to');
    expect(info).toMatchObject({ uri: 'hooked:to', version: 1, oldestVersion: 1, metadata: { by: 'us' } });
    const from = await openCollection('hooked:from');
    const to = await openCollection('hooked:to');
    expect(from.info.generations.length).toBeGreaterThan(2);
    expect(to.info.generations).toEqual(from.info.generations);
    expect(to.info.id).not.toBe(from.info.id);
    expect(await to.count()).toBe(599);
    expect(await to.getMany(['0 7', '2 199'])).toEqual([undefined, LONG]);
    expect((await verifyCollection('hooked:to')).problems).toEqual([]);
    await to.set('own', 'x');
    expect([await to.count(), await from.count()]).toEqual([600, 599]);
    await Promise.all([from.close(), to.close()]);
  });

  it('copies one that has nothing yet', async () => {
    await (await openCollection('hooked:nothing', { valueEncoding: 'json' })).close();
    expect(await copyCollection('hooked:nothing', 'hooked:nothing-too')).toMatchObject({ version: 0 });
    expect(await openCollection('hooked:nothing-too', { create: false }).count()).toBe(0);
  });

  it('is one version, whatever is committed and compacted meanwhile', async () => {
    await filled('hooked:busy', 4);
    const writer = await openCollection<string, string>('hooked:busy', { autoCompact: false });
    let compactions = 0;
    storage.before = async (path) => {
      if (!path.startsWith('busy-copy/data') || compactions === 3) return;
      compactions++;
      await writer.commit([{ set: [`extra ${compactions}`, LONG] }]);
      await writer.compact({ full: true });
    };
    try {
      await copyCollection('hooked:busy', 'hooked:busy-copy');
    } finally {
      storage.before = undefined;
    }
    expect(compactions).toBe(3);
    const copy = await openCollection<string, string>('hooked:busy-copy');
    expect([799, 800, 801, 802]).toContain(await copy.count());
    expect((await verifyCollection('hooked:busy-copy')).problems).toEqual([]);
    const named = copy.info.generations.flatMap(({ files }) => files);
    expect((await filesBelow('hooked:busy-copy')).filter((name) => name.endsWith('.cairn')).sort()).toEqual(
      [...named].sort(),
    );
    await Promise.all([copy.close(), writer.close()]);
  });

  it('that fails at any file leaves nothing', async () => {
    await filled('hooked:sound');
    const steps: string[] = [];
    storage.before = (path) => void (path.startsWith('counted') && steps.push(path));
    await copyCollection('hooked:sound', 'hooked:counted');
    expect(steps.at(-1)).toBe('counted/COLLECTION.json');
    for (let failing = 0; failing < steps.length; failing++) {
      let step = 0;
      storage.before = (path) => {
        if (path.startsWith('half') && step++ === failing)
          throw new CairnError('IO', 'the disk is full', { operation: 'write' });
      };
      await expect(copyCollection('hooked:sound', 'hooked:half')).rejects.toThrow('the disk is full');
      expect(await filesBelow('hooked:half')).toEqual([]);
      expect(await storage.kind('half')).toBeUndefined();
    }
    storage.before = undefined;
    await copyCollection('hooked:sound', 'hooked:half');
    expect(await openCollection('hooked:half').count()).toBe(599);
  });

  it('refuses places that are taken, itself and its inside, and leaves them', async () => {
    await filled('hooked:one', 1);
    await filled('hooked:two', 2);
    for (const [to, code] of [
      ['hooked:two', 'ALREADY_EXISTS'],
      ['hooked:one', 'ALREADY_EXISTS'],
      ['hooked:one/inside', 'INVALID_ARGUMENT'],
    ] as const) {
      await expect(copyCollection('hooked:one', to)).rejects.toMatchObject({ code });
    }
    await expect(copyCollection('hooked:none', 'hooked:new')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await openCollection('hooked:two').count()).toBe(399);
    expect((await verifyCollection('hooked:one')).ok).toBe(true);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(copyCollection('hooked:one', 'hooked:new', { signal })).rejects.toThrow('enough');
  });
});

it('of a collection that has lost a file says so', async () => {
  const [from, to] = [`memory:${crypto.randomUUID()}`, `memory:${crypto.randomUUID()}`];
  {
    await using collection = await openCollection<string, string>(from);
    await collection.set('a', 'v'.repeat(100_000));
  }
  const [name] = await tree(`${from}/data`);
  await removeFile(`${from}/data/${name}`);
  expect((await failure(copyCollection(from, to), 'CORRUPTION')).message).toContain(name);
  expect(await tree(to)).toEqual([]);
});
