import { numberIn, senselessListing, timeIn } from '../objects/listing-entry.ts';
import { childrenOf, textOf, type XmlElement } from '../objects/xml.ts';
import type { S3Client, S3Request } from './s3-client.ts';
import { uriOf } from './s3-path.ts';

/** An object in a listing. */
export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** A page of a listing. */
export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** The prefixes of keys up to the next slash, if the listing is flat. */
  readonly prefixes: readonly string[];
}

/** The part of a bucket to list. */
export interface Listing {
  readonly bucket: string;
  readonly prefix: string;
  /** Whether keys with a further slash are combined to prefixes; default: false. */
  readonly flat?: boolean;
  /** The most keys in a page; default: up to the storage, mostly 1000. */
  readonly pageLength?: number;
}

/**
 * Yields the objects whose keys begin with a prefix, in pages; none if there is no such bucket.
 *
 * @throws {CairnError} `IO`.
 */
export async function* listPages(client: S3Client, listing: Listing): AsyncIterable<ListedPage> {
  const { bucket, prefix, flat = false, pageLength } = listing;
  const uri = uriOf({ bucket, key: prefix });
  for (let token: string | undefined; ; ) {
    const answer = await client.send({
      method: 'GET',
      bucket,
      key: '',
      query: {
        'list-type': '2',
        // Keys may hold characters that XML can't.
        'encoding-type': 'url',
        ...(flat ? { delimiter: '/' } : {}),
        ...(pageLength === undefined ? {} : { 'max-keys': String(pageLength) }),
        ...(prefix === '' ? {} : { prefix }),
        ...(token === undefined ? {} : { 'continuation-token': token }),
      },
    });
    if (answer.status === 404) return;
    if (!answer.ok) throw answer.error('list', uri);
    const result = answer.document(uri);
    const decode = decoderOf(result, uri);
    yield {
      objects: childrenOf(result, 'Contents').map((entry) => {
        const key = decode(textOf(entry, 'Key') ?? '');
        return {
          key,
          bytes: numberIn(entry, 'Size', key, uri),
          modifiedMs: timeIn(entry, 'LastModified', key, uri),
        };
      }),
      prefixes: childrenOf(result, 'CommonPrefixes').map((entry) => decode(textOf(entry, 'Prefix') ?? '')),
    };
    const next =
      textOf(result, 'IsTruncated') === 'true' ? textOf(result, 'NextContinuationToken') : undefined;
    if (next === undefined || next === '') return;
    if (next === token) throw senselessListing(uri, 'a page goes on with itself');
    token = next;
  }
}

/** Returns whether the bucket exists, and whether it has a key that begins with a prefix. */
export async function isAnythingBelow(
  client: S3Client,
  bucket: string,
  prefix: string,
): Promise<{ readonly bucket: boolean; readonly any: boolean }> {
  let found = false;
  for await (const { objects } of listPages(client, { bucket, prefix, pageLength: 1 })) {
    if (objects.length > 0) return { bucket: true, any: true };
    // A page may be empty, and not the last one.
    found = true;
  }
  return { bucket: found, any: false };
}

/** An upload in parts that was started, and neither completed nor aborted. */
export interface ListedUpload {
  readonly key: string;
  readonly id: string;
  readonly startedMs: number;
}

/** Yields the incomplete uploads of keys that begin with a prefix. @throws {CairnError} `IO`. */
export async function* listUploads(
  client: S3Client,
  bucket: string,
  prefix: string,
): AsyncIterable<ListedUpload> {
  const uri = uriOf({ bucket, key: prefix });
  for (let marker: Readonly<Record<string, string>> = {}; ; ) {
    const query = { uploads: '', 'encoding-type': 'url', ...(prefix === '' ? {} : { prefix }), ...marker };
    const answer = await client.send({ method: 'GET', bucket, key: '', query });
    // Not every storage lists them.
    if (answer.status === 404 || answer.status === 405 || answer.status === 501) return;
    if (!answer.ok) throw answer.error('list of uploads', uri);
    const result = answer.document(uri);
    const decode = decoderOf(result, uri);
    for (const entry of childrenOf(result, 'Upload')) {
      const key = decode(textOf(entry, 'Key') ?? '');
      const id = textOf(entry, 'UploadId') ?? '';
      yield { key, id, startedMs: timeIn(entry, 'Initiated', key, uri) };
    }
    const next = textOf(result, 'NextKeyMarker') ?? '';
    if (textOf(result, 'IsTruncated') !== 'true' || next === '') return;
    const [key, id] = [decode(next), textOf(result, 'NextUploadIdMarker') ?? ''];
    if (key === marker['key-marker'] && id === marker['upload-id-marker']) {
      throw senselessListing(uri, 'a page goes on with itself');
    }
    marker = { 'key-marker': key, 'upload-id-marker': id };
  }
}

/**
 * Returns the bytes that are stored of an upload; 0 if it does not exist any more, or the credentials do not
 * allow it.
 *
 * @throws {CairnError} `IO`.
 */
export async function uploadBytes(client: S3Client, bucket: string, upload: ListedUpload): Promise<number> {
  const request: S3Request = { method: 'GET', bucket, key: upload.key };
  let bytes = 0;
  for (let marker: string | undefined = '0'; marker !== undefined; ) {
    const query = { uploadId: upload.id, 'part-number-marker': marker };
    const answer = await client.send({ ...request, query });
    if (answer.status === 404 || answer.status === 403) return 0;
    if (!answer.ok) throw answer.error('list', uriOf(request));
    const result = answer.document(uriOf(request));
    for (const part of childrenOf(result, 'Part')) {
      bytes += numberIn(part, 'Size', 'a part', uriOf(request));
    }
    const next = textOf(result, 'NextPartNumberMarker');
    marker = textOf(result, 'IsTruncated') === 'true' && next !== marker ? next : undefined;
  }
  return bytes;
}

/** Undoes what `encoding-type` asked for, where the storage has done it. */
function decoderOf(result: XmlElement, uri: string): (text: string) => string {
  if (textOf(result, 'EncodingType') !== 'url') return (text) => text;
  return (text) => {
    try {
      return decodeURIComponent(text.replaceAll('+', ' '));
    } catch (cause) {
      throw senselessListing(uri, `the key ${text} is not encoded as it should be`, cause);
    }
  };
}
