import type { Checksum } from '../../bytes/checksum.ts';
import { CairnError, isCairnError } from '../../errors.ts';
import type { ListableStorage, ReadableStorage } from '../../io/storage.ts';
import { decodeManifest } from './decode-manifest.ts';
import { JOBS_DIRECTORY, orphanFiles } from './orphan-files.ts';
import { type PathState, pathState } from './path-state.ts';
import { refuseLink } from './refuse-link.ts';
import { StoreDirectory } from './store-directory.ts';

type LinkedStorage = ReadableStorage & Partial<ListableStorage> & Pick<ListableStorage, 'list'>;

/** The stores that own a file, by the real path of the file. Stores are named by their real paths. */
type Owners = Map<string, Set<string>>;

/**
 * Finds files that lie in the directory of one store and belong to another, whose `data` or partitions are symbolic links.
 * A directory without a manifest looks like an incomplete store if the `data` of another one leads into it.
 *
 * Knows the stores that lie beside the one in question, and beside the directory that its `data` leads to. Links from
 * elsewhere are not known. Without symbolic links in the storage, nothing is shared and nothing is read.
 */
export class SharedFiles {
  readonly #checksum: Checksum;
  /** The owners by the directory in which their stores lie. */
  readonly #known = new Map<string, Promise<Owners>>();

  constructor(checksum: Checksum) {
    this.#checksum = checksum;
  }

  /** Returns a function that tells which other store owns a path. @throws {CairnError} `IO`. */
  async ownerOf(
    directory: StoreDirectory<LinkedStorage>,
  ): Promise<(path: string) => Promise<string | undefined>> {
    const { storage, path, data } = directory;
    const own = await realPath(storage, path);
    if (own === undefined) return async () => undefined;
    const places = new Set([storage.split(own).directory, storage.split(path).directory]);
    const realData = await realPath(storage, data);
    if (realData !== undefined) {
      const { directory: store } = storage.split(realData);
      places.add(store).add(storage.split(store).directory);
    }
    const all = await Promise.all([...places].map((place) => this.#below(storage, place)));
    return async (file) => {
      const real = await realPath(storage, file);
      if (real === undefined) return undefined;
      for (const owners of all) {
        for (const owner of owners.get(real) ?? []) if (owner !== own) return owner;
      }
      return undefined;
    };
  }

  #below(storage: LinkedStorage, place: string): Promise<Owners> {
    let owners = this.#known.get(place);
    if (owners === undefined) {
      owners = this.#read(storage, place);
      this.#known.set(place, owners);
    }
    return owners;
  }

  async #read(storage: LinkedStorage, place: string): Promise<Owners> {
    const owners: Owners = new Map();
    const paths = [place];
    await unlessDenied(async () => {
      for await (const { kind, name } of storage.list(place)) {
        if (kind === 'directory') paths.push(storage.join(place, name));
      }
    });
    for (const path of paths) {
      const directory = new StoreDirectory({ storage, path, uri: storage.uri(path) });
      await unlessDenied(() => this.#add(owners, directory));
    }
    return owners;
  }

  async #add(owners: Owners, directory: StoreDirectory<LinkedStorage>): Promise<void> {
    const { storage, path, data } = directory;
    const owner = await realPath(storage, path);
    const realData = await realPath(storage, data);
    if (owner === undefined || realData === undefined) return;
    const isLinked = realData !== storage.join(owner, storage.split(data).name);
    const names = await this.#names(directory, isLinked);
    if (names === undefined) return;
    const add = (real: string | undefined): void => {
      if (real !== undefined) owners.set(real, (owners.get(real) ?? new Set()).add(owner));
    };
    add(realData);
    for (const name of names) add(await realPath(storage, directory.partition(name)));
  }

  /**
   * Returns the names of the files that a store owns: all that are there, if nothing says which. Undefined if it owns none
   * for certain: it has no manifest, and its directory no link.
   */
  async #names(directory: StoreDirectory<LinkedStorage>, isLinked: boolean): Promise<string[] | undefined> {
    const { storage, data, manifestRegion } = directory;
    try {
      const bytes = await directory.readManifestBytes();
      return decodeManifest(bytes, manifestRegion.file, this.#checksum).partitions.map(({ name }) => name);
    } catch (error) {
      if (!isCairnError(error, 'NOT_FOUND', 'NOT_A_STORE', 'CORRUPTION', 'UNSUPPORTED_FORMAT')) throw error;
      if (error.code === 'NOT_FOUND' && !isLinked && (await pathState(directory)) !== 'collection')
        return undefined;
    }
    const names: string[] = [];
    for await (const { kind, name } of storage.list(data)) if (kind === 'file') names.push(name);
    return names;
  }
}

/**
 * Refuses a store whose files belong to another one: whose manifest or jobs are symbolic links, whose `data` leads to the
 * files of another store, or that has no manifest and files that another store beside it names.
 *
 * @param done the operation as a participle.
 * @throws {CairnError} `NOT_A_STORE`, `IO`.
 */
export async function refuseShared(
  directory: StoreDirectory<LinkedStorage>,
  state: PathState,
  done: string,
  checksum: Checksum,
): Promise<void> {
  const { storage, path, uri, data, manifest } = directory;
  if (storage.readLink === undefined) return;
  for (const part of [manifest, storage.join(path, JOBS_DIRECTORY)])
    await refuseLink({ storage, path: part, uri: storage.uri(part) }, done);
  // What is no directory has no files.
  if (state === 'file' || state === 'absent') return;
  if (state === 'complete' && (await storage.readLink(data)) === undefined) return;
  const ownerOf = await new SharedFiles(checksum).ownerOf(directory);
  const refuse = async (file: string): Promise<void> => {
    const owner = await ownerOf(file);
    if (owner === undefined) return;
    throw new CairnError(
      'NOT_A_STORE',
      `${storage.uri(file)} belongs to the store ${storage.uri(owner)}, by a symbolic link: ${uri} is not ${done}. ` +
        'Name that store, or change the link',
      { uri },
    );
  };
  await refuse(data);
  for await (const file of orphanFiles(directory)) await refuse(file.path);
}

/** Returns a path without symbolic links in it; undefined if nothing is there, or if the storage has none. */
async function realPath(storage: LinkedStorage, path: string): Promise<string | undefined> {
  try {
    return await storage.realPath?.(path);
  } catch (error) {
    if (isCairnError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Does some work, except for what the storage does not let read: its owner is not known. */
async function unlessDenied(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isCairnError(error, 'IO') || error.denied !== true) throw error;
  }
}
