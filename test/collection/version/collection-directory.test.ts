import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import '../../../src/node/register.ts';
import { loadChecksum } from '../../../src/bytes/xxh64.ts';
import {
  collectionInfo,
  deleteCollection,
  openCollection,
  verifyCollection,
} from '../../../src/collection/index.ts';
import { CollectionDirectory } from '../../../src/collection/version/collection-directory.ts';
import { beginName, versionName } from '../../../src/collection/version/version-name.ts';
import { locate } from '../../../src/io/uri.ts';
import { directoryPerTest } from '../../support/directory-per-test.ts';
import { failure } from '../../support/failures.ts';
import { HttpServer } from '../../support/http-server.ts';
import { locateComplete } from '../../support/locate-complete.ts';
import { startServer } from '../../support/s3-place.ts';
import { removeFile, tree, writeFile } from '../../support/storage-tools.ts';

/** A storage in which nothing can be listed, as behind a web server. */
async function unlistable(uri: string): Promise<CollectionDirectory> {
  const { storage, path } = locate(uri);
  const { scheme, open, kind, join, split, uri: uriOf } = storage;
  const readable = {
    scheme,
    open: open.bind(storage),
    kind: kind.bind(storage),
    join: join.bind(storage),
    split: split.bind(storage),
    uri: uriOf.bind(storage),
  };
  return new CollectionDirectory({ storage: readable, path, uri }, await loadChecksum());
}

describe('the newest version', () => {
  it('is found without a listing: with a hint, with an old one, and with none', async () => {
    const uri = `memory:${crypto.randomUUID()}`;
    await using collection = await openCollection<string, number>(uri);
    const directory = await unlistable(uri);
    const definition = await collectionInfo(uri);
    expect(await directory.newest(definition)).toBeUndefined();
    for (let i = 1; i <= 20; i++) {
      await collection.set('a', i);
      expect((await directory.newest(definition))?.number).toBe(i);
    }
    await collection.compact({ full: true });
    expect((await directory.newest(definition))?.number).toBe(collection.version);
  });

  it('is no file that a writer left which slept while its number came and went', async () => {
    const uri = `memory:${crypto.randomUUID()}`;
    await using collection = await openCollection<string, number>(uri, { autoCompact: false });
    const directory = new CollectionDirectory(locateComplete(uri), await loadChecksum());
    const sleeping = await Promise.all([
      openCollection<string, string>(uri, { autoCompact: false }),
      openCollection<string, string>(uri, { autoCompact: false }),
    ]);
    await collection.set('a', 0);
    await sleeping[1].refresh();
    for (let i = 1; i < 300; i++) await collection.set('a', i);
    await collection.compact({ full: true });
    // The first numbers are free again: of those that sleep, one stands before the first version, one at it.
    expect(await directory.readVersion(1)).toBeUndefined();
    const newest = collection.version;
    for (const handle of sleeping) {
      const { version } = await handle.set('b', 'late').catch(() => ({ version: undefined }));
      if (version !== undefined) expect(version).toBeGreaterThan(newest);
    }
    await collection.refresh();
    expect(await collection.get('a')).toBe(299);
    expect(await verifyCollection(uri)).toMatchObject({ ok: true });
    for (const handle of sleeping) await handle.close();
  });
});

describe('files that are lost', () => {
  /** A collection with three versions in memory. */
  async function three(): Promise<string> {
    const uri = `memory:${crypto.randomUUID()}`;
    await using collection = await openCollection<string, number>(uri, { autoCompact: false });
    for (let i = 1; i <= 3; i++) await collection.set('a', i);
    return uri;
  }

  const isRefused = async (uri: string, file: string): Promise<void> => {
    const error = await failure(openCollection(uri), 'CORRUPTION');
    expect(error.message).toContain(file);
    const { ok, problems } = await verifyCollection(uri);
    expect([ok, problems.length]).toEqual([false, 1]);
    expect(problems[0].file).toContain(file);
  };

  it('where nothing can be listed, a hint of a version that has no file is no empty collection', async () => {
    const uri = await three();
    const definition = await collectionInfo(uri);
    const directory = await unlistable(uri);
    for (const wrong of ['7', '4', '9000']) {
      await writeFile(`${uri}/LATEST`, `${wrong}\n`);
      const error = await failure(directory.newest(definition), 'CORRUPTION');
      expect(error.message).toContain(`-${wrong}.version`);
    }
    for (const old of ['1', '2', '3']) {
      await writeFile(`${uri}/LATEST`, `${old}\n`);
      expect((await directory.newest(definition))?.number).toBe(3);
    }
  });

  it('of the version before the newest one, kept or not, are said to be missing', async () => {
    for (const full of [false, true]) {
      const uri = await three();
      {
        await using collection = await openCollection<string, number>(uri);
        await collection.set('a', 4);
        // Only the newest one is kept then.
        if (full) await collection.compact({ full });
      }
      const { version } = await collectionInfo(uri);
      const name = versionName(version - 1);
      await removeFile(`${uri}/versions/${name}`);
      await isRefused(uri, name);
    }
  });

  it('of all versions do not make an empty collection', async () => {
    const uri = await three();
    const { id } = await collectionInfo(uri);
    for (const path of await tree(`${uri}/versions`)) await removeFile(`${uri}/versions/${path}`);
    const error = await failure(openCollection(uri), 'CORRUPTION');
    expect(error.message).toContain(beginName(id));
    expect((await verifyCollection(uri)).ok).toBe(false);
  });

  it('the file before the first version is missed, or found to hold something else', async () => {
    const uri = `memory:${crypto.randomUUID()}`;
    {
      await using collection = await openCollection<string, number>(uri);
      await collection.set('a', 1);
    }
    const { id } = await collectionInfo(uri);
    const name = beginName(id);
    await writeFile(`${uri}/versions/${name}`, 'bagin\n');
    const { problems } = await verifyCollection(uri);
    expect(problems.map(({ file }) => file)).toEqual([expect.stringContaining(name)]);
    await removeFile(`${uri}/versions/${name}`);
    await isRefused(uri, name);
  });
});

const at = directoryPerTest();

it('finds the newest version over HTTP by the hint, its file and the next one, each asked for once', async () => {
  const path = at('c');
  {
    await using collection = await openCollection<string, string>(path);
    await collection.set('a', 'one');
    await collection.set('b', 'two');
  }
  const server = await HttpServer.start(dirname(path));
  try {
    await using collection = await openCollection<string, string>(`${server.origin}/c`);
    expect(await collection.get('b')).toBe('two');
    const asked = server.requests.map((request) => basename(request.path).replace(/^.*-/, ''));
    // These two are asked for at the same time.
    expect(asked.slice(0, 2).sort()).toEqual(['COLLECTION.json', 'LATEST']);
    expect(asked.slice(2)).toEqual(['3.version', '2.version']);
  } finally {
    await server.close();
  }
});

it('does not look again and again for the versions of a collection that was deleted', async () => {
  const server = await startServer();
  try {
    const uri = 's3://bucket/gone';
    await using collection = await openCollection<string, string>(uri);
    await collection.set('a', 'one');
    await deleteCollection(uri);
    const before = server.log.length;
    await failure(collection.set('b', 'two'), 'NOT_FOUND');
    expect(server.log.length - before).toBeLessThan(16);
  } finally {
    await server.stop();
  }
});

it('commits a small change in a bucket by one PUT', async () => {
  const server = await startServer();
  try {
    await using collection = await openCollection<string, string>('s3://bucket/c');
    await collection.set('a', 'one');
    const before = server.log.length;
    await collection.set('b', 'two');
    const asked = server.log.slice(before);
    expect(asked.filter((line) => line.startsWith('PUT'))).toHaveLength(1);
    expect(asked).toHaveLength(2);
  } finally {
    await server.stop();
  }
});
