import { CairnError } from '../../errors.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { ByteSource } from '../byte-source.ts';
import { COMMIT_NAME } from '../objects/commit-name.ts';
import type { ObjectHost } from '../objects/object-host.ts';
import { type ObjectAccount, ObjectStorage, objectAccount } from '../objects/object-storage.ts';
import type { AccessOptions, IncompleteUpload, KnownFile, Storage, StorageEntry } from '../storage.ts';
import type { StorageScheme } from '../uri.ts';
import { probeCommit } from './commit-probe.ts';
import { copyObject } from './copy-object.ts';
import { CredentialCache } from './credential-cache.ts';
import { isAnythingBelow, listPages, listUploads, uploadBytes } from './list-objects.ts';
import { lookAt } from './look-at.ts';
import { moveObjects } from './move-objects.ts';
import { putOnce, WRITE_HEADER } from './put-once.ts';
import { replaceObject } from './replace-object.ts';
import { S3Client } from './s3-client.ts';
import { type S3Options, s3Settings } from './s3-options.ts';
import { parseS3Path, placeOf, prefixOf, uriOf } from './s3-path.ts';
import { removeUpload, S3Sink, type S3UploadSettings } from './s3-sink.ts';

/** What all readers and writers of one storage share. */
export interface S3Account extends ObjectAccount<S3Client> {
  readonly uploads: S3UploadSettings;
  /** The probes of buckets, finished or not. */
  readonly probes: Map<string, Promise<void>>;
}

/** Makes the account of options and variables. @throws {CairnError} `INVALID_ARGUMENT`. */
export function s3Account(options: S3Options, host: ObjectHost): S3Account {
  const settings = s3Settings(options);
  const credentials = new CredentialCache(settings.credentials, host.now);
  const access = { fetch: options.fetch };
  const client = new S3Client(settings, credentials, host, access);
  const { reading, uploads } = objectAccount(client, settings.partSize, access);
  return { reading, uploads: { ...uploads, conditional: settings.conditional }, probes: new Map() };
}

/**
 * Objects in buckets. Paths are `bucket/key`.
 *
 * There are no directories: one is there as long as something is below it. A file is there when it is
 * finished, and not before; that its name was taken is found out then, too. Writers keep apart by names that
 * nobody else uses.
 */
export class S3Storage extends ObjectStorage<S3Client, S3Account> implements Storage {
  readonly scheme: string = 's3';
  readonly listsInOrder: boolean = true;

  async open(path: string, known?: KnownFile, signal?: AbortSignal): Promise<ByteSource> {
    const place = placeOf(path);
    const url = this.client.url(place);
    if (place.key === '') {
      throw new CairnError('NOT_FOUND', `${uriOf(place)} is a bucket, not an object`, { uri: uriOf(place) });
    }
    return this.openAt(path, url, known, signal);
  }

  withAccess(access: AccessOptions): S3Storage {
    return new S3Storage(this.accountFor(access));
  }

  create(path: string): ByteSink {
    return new S3Sink(placeOf(path), this.account().uploads);
  }

  async prepareCommit(path: string): Promise<void> {
    const { uploads, probes } = this.account();
    if (!uploads.conditional) return;
    const { bucket, key } = placeOf(path);
    let probe = probes.get(bucket);
    if (probe === undefined) {
      probe = probeCommit(uploads.client, (unique) => ({ bucket, key: `${key}.${unique}.tmp` }));
      probes.set(bucket, probe);
      // The storage may have been repaired by the next time.
      probe.catch(() => probes.delete(bucket));
    }
    await probe;
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    const { client, conditional } = this.account().uploads;
    const writeId = client.host.uniqueName();
    const headers = { [WRITE_HEADER]: writeId };
    const request = { method: 'PUT', ...placeOf(path), headers, body: bytes.slice() } as const;
    const outcome = await putOnce(client, request, writeId, conditional);
    if (outcome === 'gone')
      throw new CairnError('NOT_FOUND', `${this.uri(path)} can't be made`, { uri: this.uri(path) });
    return outcome === 'made';
  }

  async replace(path: string, bytes: Uint8Array, check?: (current: Uint8Array) => void): Promise<void> {
    const { client, conditional } = this.account().uploads;
    await replaceObject(client, placeOf(path), bytes.slice(), check, conditional);
  }

  async kind(path: string): Promise<'file' | 'directory' | undefined> {
    const place = placeOf(path);
    if (place.key !== '' && (await lookAt(this.client, place)) !== undefined) return 'file';
    const below = await isAnythingBelow(this.client, place.bucket, prefixOf(place));
    // A bucket is a directory, empty or not.
    return below.any || (below.bucket && place.key === '') ? 'directory' : undefined;
  }

  async *list(path: string): AsyncIterable<StorageEntry> {
    const place = placeOf(path);
    const prefix = prefixOf(place);
    for await (const page of listPages(this.client, { bucket: place.bucket, prefix, flat: true })) {
      for (const { key, bytes, modifiedMs } of page.objects) {
        const name = key.slice(prefix.length);
        if (name !== '') yield { name, kind: 'file', bytes, modifiedMs };
      }
      for (const each of page.prefixes) {
        const name = each.slice(prefix.length, -1);
        if (name !== '') yield { name, kind: 'directory', bytes: 0, modifiedMs: 0 };
      }
    }
  }

  async remove(path: string): Promise<void> {
    await this.client.remove(placeOf(path));
  }

  async removeDirectory(path: string): Promise<boolean> {
    const place = placeOf(path);
    const prefix = prefixOf(place);
    let marked = false;
    for await (const { objects } of listPages(this.client, {
      bucket: place.bucket,
      prefix,
      pageLength: 2,
    })) {
      // Other tools make an object that stands for an empty directory.
      if (objects.some(({ key }) => key !== prefix)) return false;
      marked ||= objects.length > 0;
    }
    if (marked) await this.client.remove({ bucket: place.bucket, key: prefix });
    return true;
  }

  async link(from: string, to: string): Promise<boolean> {
    const { client } = this.account().uploads;
    return copyObject(client, placeOf(from), placeOf(to), client.host.uniqueName());
  }

  async moveDirectory(from: string, to: string): Promise<void> {
    await this.prepareCommit(this.join(to, COMMIT_NAME));
    await moveObjects(this.account().uploads, placeOf(from), placeOf(to));
  }

  async *listIncompleteUploads(path: string): AsyncIterable<IncompleteUpload> {
    const place = placeOf(path);
    for await (const upload of listUploads(this.client, place.bucket, prefixOf(place))) {
      const bytes = await uploadBytes(this.client, place.bucket, upload);
      yield { path: `${place.bucket}/${upload.key}`, id: upload.id, bytes, startedMs: upload.startedMs };
    }
  }

  async removeIncompleteUpload({ path, id }: IncompleteUpload): Promise<void> {
    await removeUpload(this.client, placeOf(path), id);
  }

  uri(path: string): string {
    return uriOf(placeOf(path));
  }
}

/** The scheme `s3:`, for the storage given. */
export function s3Scheme(storage: S3Storage): StorageScheme {
  return { storage, parse: parseS3Path };
}
