import { beforeEach, expect, it } from 'vitest';
import { loadChecksum } from '../../../src/bytes/xxh64.ts';
import { CairnError } from '../../../src/errors.ts';
import { createStore } from '../../../src/index.ts';
import type { Storage } from '../../../src/io/storage.ts';
import { locate } from '../../../src/io/uri.ts';
import { SharedFiles } from '../../../src/store/manifest/shared-files.ts';
import { StoreDirectory } from '../../../src/store/manifest/store-directory.ts';
import { failure } from '../../support/failures.ts';

let number = 0;
let root = '';

beforeEach(async () => {
  root = `memory:shared-${number++}`;
  await createStore(`${root}/one`).put('a', 1).close();
  await createStore(`${root}/other`).put('b', 2).close();
});

/** A store of a storage in memory that has links: what `realPath` says. */
function directoryOf(name: string, realPath: (path: string) => string): StoreDirectory<Storage> {
  const location = locate(`${root}/${name}`);
  const memory = location.storage as Storage;
  const storage = new Proxy(memory, {
    get(target, member) {
      if (member === 'realPath') return async (path: string) => realPath(path);
      const value: unknown = Reflect.get(target, member);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return new StoreDirectory({ ...location, storage });
}

async function ownerOf(directory: StoreDirectory<Storage>, path: string): Promise<string | undefined> {
  const owner = await new SharedFiles(await loadChecksum()).ownerOf(directory);
  return owner(path);
}

it('another store that a link leads to the files of this one owns them', async () => {
  const other = directoryOf('other', (path) => path);
  const linked = directoryOf('one', (path) => path.replace('/other/data', '/one/data'));
  expect(await ownerOf(linked, linked.data)).toBe(other.path);
  const plain = directoryOf('one', (path) => path);
  expect(await ownerOf(plain, plain.data)).toBeUndefined();
});

it('what is not there has no owner', async () => {
  const gone = (path: string): never => {
    throw new CairnError('NOT_FOUND', 'nothing is there', { uri: path });
  };
  expect(await ownerOf(directoryOf('one', gone), 'x')).toBeUndefined();
  const directory = directoryOf('one', (path) => (path.endsWith('/x') ? gone(path) : path));
  expect(await ownerOf(directory, `${directory.path}/x`)).toBeUndefined();
});

it('the owners of what must not be read are not known, and other failures are reported', async () => {
  const refusing = (denied: boolean) =>
    directoryOf('one', (path) => {
      if (path.endsWith('/other'))
        throw new CairnError('IO', 'it may not be read', {
          operation: 'read',
          uri: path,
          denied,
          transient: false,
        });
      return path;
    });
  const denied = refusing(true);
  expect(await ownerOf(denied, denied.data)).toBeUndefined();
  await failure(ownerOf(refusing(false), 'x'), 'IO');
});
