import { CairnError } from '../../errors.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { ByteSource } from '../byte-source.ts';
import type { ObjectHost } from '../objects/object-host.ts';
import { type ObjectAccount, ObjectStorage, objectAccount } from '../objects/object-storage.ts';
import type { AccessOptions, KnownFile, Storage, StorageEntry } from '../storage.ts';
import type { StorageScheme } from '../uri.ts';
import { Authorizer } from './authorizer.ts';
import { AzureClient } from './azure-client.ts';
import { type AzureOptions, azureSettings } from './azure-options.ts';
import { parseAzurePath, placeOf, prefixOf, uriOf } from './azure-path.ts';
import { AzureSink } from './azure-sink.ts';
import { copyBlob } from './copy-blob.ts';
import { isAnythingBelow, listPages } from './list-blobs.ts';
import { moveBlobs } from './move-blobs.ts';
import { putOnce } from './put-once.ts';
import { blobKind, removeMark } from './remove-blob.ts';
import { replaceBlob } from './replace-blob.ts';

/** What all readers and writers of one storage share. */
export type AzureAccount = ObjectAccount<AzureClient>;

/** Makes the account of options and variables. @throws {CairnError} `INVALID_ARGUMENT`. */
export function azureAccount(options: AzureOptions, host: ObjectHost): AzureAccount {
  const { endpoint, identity, blockSize } = azureSettings(options);
  const access = { fetch: options.fetch };
  const client = new AzureClient(endpoint, new Authorizer(identity, host.now), host, access);
  return objectAccount(client, blockSize, access);
}

/**
 * Blobs in containers of one account. Paths are `container/name`.
 *
 * There are no directories: one is there as long as something is below it, or a blob that stands for it. A
 * file is there when it is finished, and not before; that its name was taken is found out then, too. Writers
 * keep apart by names that nobody else uses.
 */
export class AzureStorage extends ObjectStorage<AzureClient, AzureAccount> implements Storage {
  readonly scheme: string = 'az';
  readonly listsInOrder: boolean = true;

  async open(path: string, known?: KnownFile, signal?: AbortSignal): Promise<ByteSource> {
    const place = placeOf(path);
    const url = this.client.url(place);
    if (place.blob === '') {
      throw new CairnError('NOT_FOUND', `${uriOf(place)} is a container, not a blob`, { uri: uriOf(place) });
    }
    return this.openAt(path, url, known, signal);
  }

  withAccess(access: AccessOptions): AzureStorage {
    return new AzureStorage(this.accountFor(access));
  }

  create(path: string): ByteSink {
    return new AzureSink(placeOf(path), this.account().uploads);
  }

  async prepareCommit(path: string): Promise<void> {
    const place = placeOf(path);
    if ((await isAnythingBelow(this.client, place.container, place.blob)).container) return;
    throw new CairnError('NOT_FOUND', `the container of ${uriOf(place)} does not exist; make it first`, {
      uri: uriOf(place),
    });
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    const headers = { 'x-ms-blob-type': 'BlockBlob' };
    const request = { method: 'PUT', ...placeOf(path), headers, body: bytes.slice() } as const;
    const { state } = await putOnce(this.client, request, this.client.host.uniqueName());
    if (state === 'gone')
      throw new CairnError('NOT_FOUND', `${this.uri(path)} can't be made`, { uri: this.uri(path) });
    return state === 'made';
  }

  async replace(path: string, bytes: Uint8Array, check?: (current: Uint8Array) => void): Promise<void> {
    await replaceBlob(this.client, placeOf(path), bytes.slice(), check);
  }

  async kind(path: string): Promise<'file' | 'directory' | undefined> {
    const place = placeOf(path);
    const kind = await blobKind(this.client, place);
    if (kind !== undefined) return kind;
    const below = await isAnythingBelow(this.client, place.container, prefixOf(place));
    // A container is a directory, empty or not.
    return below.any || (below.container && place.blob === '') ? 'directory' : undefined;
  }

  async *list(path: string): AsyncIterable<StorageEntry> {
    const { container, ...place } = placeOf(path);
    const prefix = prefixOf({ container, ...place });
    // A directory may be listed as what its blobs begin with, and as the blob that stands for it.
    const directories = new Set<string>();
    for await (const page of listPages(this.client, { container, prefix, flat: true })) {
      const marks = page.blobs.filter(({ directory }) => directory).map(({ name }) => `${name}/`);
      for (const each of [...page.prefixes, ...marks]) {
        const name = each.slice(prefix.length, -1);
        if (name === '' || directories.has(name)) continue;
        directories.add(name);
        yield { name, kind: 'directory', bytes: 0, modifiedMs: 0 };
      }
      for (const { name: blob, bytes, modifiedMs, directory } of page.blobs) {
        const name = blob.slice(prefix.length);
        if (name !== '' && !directory) yield { name, kind: 'file', bytes, modifiedMs };
      }
    }
  }

  async remove(path: string): Promise<void> {
    await this.client.remove(placeOf(path));
  }

  async removeDirectory(path: string): Promise<boolean> {
    const place = placeOf(path);
    const { container } = place;
    const prefix = prefixOf(place);
    for await (const { blobs } of listPages(this.client, { container, prefix, pageLength: 2 })) {
      // Other tools make a blob that stands for an empty directory.
      if (blobs.some(({ name }) => name !== prefix)) return false;
      if (blobs.length > 0) await this.client.remove({ container, blob: prefix });
    }
    await removeMark(this.client, place);
    return true;
  }

  async link(from: string, to: string): Promise<boolean> {
    const client = this.client;
    await copyBlob(client, placeOf(from), placeOf(to), client.host.uniqueName());
    return true;
  }

  async moveDirectory(from: string, to: string): Promise<void> {
    await moveBlobs(this.account().uploads, placeOf(from), placeOf(to));
  }

  uri(path: string): string {
    return uriOf(placeOf(path));
  }
}

/** The scheme `az:`, for the storage given. */
export function azureScheme(storage: AzureStorage): StorageScheme {
  return { storage, parse: parseAzurePath };
}
