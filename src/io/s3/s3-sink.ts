import { CairnError, isCairnError } from '../../errors.ts';
import type { PutState } from '../objects/object-version.ts';
import { type PartLimit, PartsSink, type UploadSettings } from '../objects/parts-sink.ts';
import { escapeXml, textOf } from '../objects/xml.ts';
import { ownerOf, putOnce, WRITE_HEADER } from './put-once.ts';
import type { S3Client, S3Request } from './s3-client.ts';
import { type S3Place, uriOf } from './s3-path.ts';

/** What the sinks of a storage share. */
export interface S3UploadSettings extends UploadSettings<S3Client> {
  /** Whether the storage takes `If-None-Match`. */
  readonly conditional: boolean;
}

const PART_LIMIT: PartLimit = { maxParts: 10_000, sizeOption: 'partSize' };

/**
 * An object being written: a small one by a PUT; a larger one by an upload in parts, begun with the first of
 * them.
 */
export class S3Sink extends PartsSink {
  readonly #place: S3Place;
  readonly #settings: S3UploadSettings;
  readonly #writeId: string;
  readonly #etags: string[] = [];
  /** Undefined again once it was completed or aborted. */
  #upload: Promise<string> | undefined;

  constructor(place: S3Place, settings: S3UploadSettings) {
    super(uriOf(place), settings, PART_LIMIT);
    this.#place = place;
    this.#settings = settings;
    this.#writeId = settings.client.host.uniqueName();
  }

  protected async sendPart(index: number, body: Uint8Array, signal: AbortSignal): Promise<void> {
    this.#upload ??= this.#begin();
    const uploadId = await this.#upload;
    const query = { partNumber: String(index + 1), uploadId };
    const request: S3Request = { method: 'PUT', ...this.#place, query, body };
    const answer = await this.#settings.client.send(request, signal);
    if (answer.status === 404) throw this.gone();
    const etag = answer.headers.get('etag');
    if (!answer.ok || etag === null) throw answer.error('write', this.uri);
    this.#etags[index] = etag;
  }

  protected putWhole(body: Uint8Array): Promise<PutState> {
    const { client, conditional } = this.#settings;
    const headers = { [WRITE_HEADER]: this.#writeId };
    const request: S3Request = { method: 'PUT', ...this.#place, headers, body };
    return this.publish((signal) => putOnce(client, request, this.#writeId, conditional, signal));
  }

  protected async putParts(): Promise<PutState> {
    const { client, conditional } = this.#settings;
    const uploadId = await (this.#upload as Promise<string>);
    const parts = this.#etags.map(
      (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    );
    const body = new TextEncoder().encode(
      `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`,
    );
    const request: S3Request = { method: 'POST', ...this.#place, query: { uploadId }, body, slow: true };
    // Some storages ignore the condition of a completion.
    if (conditional && (await ownerOf(client, this.#place, this.#writeId)) === 'another') return 'taken';
    const outcome = await this.publish(async (signal) => {
      try {
        return await putOnce(client, request, this.#writeId, conditional, signal);
      } catch (error) {
        // Some take a condition with a PUT, but not here. Commits use a PUT.
        if (!conditional || !isCairnError(error, 'UNSUPPORTED')) throw error;
        return putOnce(client, request, this.#writeId, false, signal);
      }
    });
    if (outcome === 'made') this.#upload = undefined;
    return outcome;
  }

  protected gone(): CairnError {
    return new CairnError(
      'CONFLICT',
      `${this.uri} was removed while it was written, by a deletion or a sweep; write the store again`,
      { uri: this.uri },
    );
  }

  protected async removeParts(): Promise<void> {
    const upload = await this.#upload?.catch(() => undefined);
    this.#upload = undefined;
    if (upload !== undefined) await removeUpload(this.#settings.client, this.#place, upload);
  }

  protected async removeOwn(): Promise<void> {
    const { client } = this.#settings;
    if ((await ownerOf(client, this.#place, this.#writeId)) === 'us') await client.remove(this.#place);
  }

  /**
   * Starts an upload in parts. The request is not aborted: its id would be lost, and the upload could not be
   * removed.
   */
  async #begin(): Promise<string> {
    const { client } = this.#settings;
    const answer = await client.send({
      method: 'POST',
      ...this.#place,
      query: { uploads: '' },
      headers: { [WRITE_HEADER]: this.#writeId },
    });
    if (!answer.ok) throw answer.error('write', this.uri);
    const id = textOf(answer.document(this.uri), 'UploadId');
    if (id === undefined || id === '') throw answer.error('write', this.uri);
    return id;
  }
}

/** Aborts an upload in parts. Does nothing if it does not exist. @throws {CairnError} `IO`. */
export async function removeUpload(client: S3Client, place: S3Place, uploadId: string): Promise<void> {
  const request: S3Request = { method: 'DELETE', ...place, query: { uploadId } };
  const answer = await client.send(request);
  if (!answer.ok && answer.status !== 404) throw answer.error('removal of an upload', uriOf(place));
}
