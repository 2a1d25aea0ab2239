import { CairnError, isCairnError } from '../../errors.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { RequestSlots } from '../http/request-slots.ts';
import { ownerOf, type PutOutcome, putOnce, WRITE_HEADER } from './put-once.ts';
import type { S3Client, S3Request } from './s3-client.ts';
import { type S3Place, uriOf } from './s3-path.ts';
import { escapeXml, textOf } from './xml.ts';

/** What the sinks of a storage share. */
export interface UploadSettings {
  readonly client: S3Client;
  /** Requests that carry bytes at once, of all sinks together. */
  readonly slots: RequestSlots;
  readonly partBytes: number;
  /** Whether the storage takes `If-None-Match`. */
  readonly conditional: boolean;
}

const EMPTY = new Uint8Array(0);
const FIRST_BYTES = 1 << 16;
/** More would be refused, after all of them were sent. */
const MOST_PARTS = 10_000;

/**
 * An object being written: up to one part in memory by a single PUT in the end, more in parts that are sent while
 * the next one fills. It is there when it is finished, not before, and not if its name was taken meanwhile.
 */
export class S3Sink implements ByteSink {
  readonly #place: S3Place;
  readonly #uri: string;
  readonly #settings: UploadSettings;
  readonly #writeId: string;
  readonly #ending = new AbortController();
  readonly #free: Uint8Array[] = [];
  readonly #parts: Promise<void>[] = [];
  readonly #etags: string[] = [];
  #buffer: Uint8Array = EMPTY;
  #used = 0;
  #upload: Promise<string> | undefined;
  #failure: Error | undefined;
  /** Whether there may be an object of ours under the name. */
  #published = false;
  #ended = false;

  constructor(place: S3Place, settings: UploadSettings) {
    this.#place = place;
    this.#uri = uriOf(place);
    this.#settings = settings;
    this.#writeId = settings.client.platform.uniqueName();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const { partBytes } = this.#settings;
    let waiting: Promise<void> | undefined;
    for (let from = 0; from < bytes.length; ) {
      if (this.#used === partBytes) waiting = this.#sendPart();
      const end = Math.min(bytes.length, from + partBytes - this.#used);
      this.#reserve(this.#used + end - from);
      this.#buffer.set(end - from === bytes.length ? bytes : bytes.subarray(from, end), this.#used);
      this.#used += end - from;
      from = end;
    }
    return waiting;
  }

  async finish(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const outcome = this.#parts.length === 0 ? await this.#putWhole() : await this.#complete();
      if (outcome === 'taken') throw taken(this.#uri);
      if (outcome === 'gone') throw removed(this.#uri);
      this.#ended = true;
    } catch (error) {
      this.#failure ??= error as Error;
      throw error;
    }
  }

  async abort(): Promise<void> {
    this.#failure ??= new CairnError('CLOSED', `the writing of ${this.#uri} was given up`, {
      resource: this.#uri,
    });
    const { client, slots } = this.#settings;
    this.#ending.abort(this.#failure);
    await Promise.all(this.#parts);
    const upload = this.#ended ? undefined : await this.#upload?.catch(() => undefined);
    if (upload !== undefined) {
      this.#ended = true;
      await removeUpload(client, this.#place, upload);
    }
    if (!this.#published) return;
    const turn = slots.ask();
    try {
      await turn.turn;
      // Under one name there may be another's by now.
      if ((await ownerOf(client, this.#place, this.#writeId)) === 'us')
        await removeObject(client, this.#place);
    } finally {
      turn.release();
    }
    this.#published = false;
  }

  #reserve(needed: number): void {
    if (needed <= this.#buffer.length) return;
    const { partBytes } = this.#settings;
    // A small file needs little; the second part of a large one is sure to be full.
    const wanted =
      this.#parts.length > 0 ? partBytes : Math.max(needed, FIRST_BYTES, this.#buffer.length * 4);
    const grown = new Uint8Array(Math.min(partBytes, wanted));
    grown.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = grown;
  }

  /** Sends the buffer as the next part, when it is its turn, and takes another one. Gives that turn to wait for. */
  #sendPart(): Promise<void> | undefined {
    const { client, slots, partBytes } = this.#settings;
    const index = this.#parts.length;
    if (index === MOST_PARTS) {
      this.#failure = new CairnError('IO', `${this.#uri} has too many parts: set a larger partBytes`, {
        uri: this.#uri,
        operation: 'write',
        transient: false,
      });
      throw this.#failure;
    }
    const buffer = this.#buffer;
    const body = buffer.subarray(0, this.#used);
    const turn = slots.ask();
    const send = async (): Promise<void> => {
      await turn.turn;
      this.#ending.signal.throwIfAborted();
      this.#upload ??= this.#begin();
      const uploadId = await this.#upload;
      const query = { partNumber: String(index + 1), uploadId };
      const request: S3Request = { method: 'PUT', ...this.#place, query, body };
      const answer = await client.send(request, this.#ending.signal);
      if (answer.status === 404) throw removed(this.#uri);
      const etag = answer.headers.get('etag');
      if (!answer.ok || etag === null) throw answer.error('write', this.#uri);
      this.#etags[index] = etag;
      if (buffer.length === partBytes) this.#free.push(buffer);
    };
    // What goes wrong is reported by the next call.
    const fail = (error: Error): void => {
      this.#failure ??= error;
    };
    this.#parts.push(
      send()
        .catch(fail)
        .finally(() => turn.release()),
    );
    this.#buffer = this.#free.pop() ?? EMPTY;
    this.#used = 0;
    return turn.granted ? undefined : turn.turn;
  }

  /** Begins an upload in parts. It is not cut short: nobody would know its id, to remove it. */
  async #begin(): Promise<string> {
    const { client } = this.#settings;
    const answer = await client.send({
      method: 'POST',
      ...this.#place,
      query: { uploads: '' },
      headers: { [WRITE_HEADER]: this.#writeId },
    });
    if (!answer.ok) throw answer.error('write', this.#uri);
    const id = textOf(answer.document(this.#uri), 'UploadId');
    if (id === undefined || id === '') throw answer.error('write', this.#uri);
    return id;
  }

  async #putWhole(): Promise<PutOutcome> {
    const { client, slots, conditional } = this.#settings;
    const request: S3Request = {
      method: 'PUT',
      ...this.#place,
      headers: { [WRITE_HEADER]: this.#writeId },
      body: this.#buffer.subarray(0, this.#used),
    };
    const turn = slots.ask();
    try {
      await turn.turn;
      this.#ending.signal.throwIfAborted();
      this.#published = true;
      return await putOnce(client, request, this.#writeId, conditional, this.#ending.signal);
    } finally {
      turn.release();
    }
  }

  async #complete(): Promise<PutOutcome> {
    const { client, conditional } = this.#settings;
    if (this.#used > 0) this.#sendPart();
    await Promise.all(this.#parts);
    if (this.#failure !== undefined) throw this.#failure;
    const uploadId = await (this.#upload as Promise<string>);
    const parts = this.#etags.map(
      (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    );
    const body = new TextEncoder().encode(
      `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`,
    );
    const request: S3Request = { method: 'POST', ...this.#place, query: { uploadId }, body, slow: true };
    // Not every storage looks at the condition of a completion.
    if (conditional && (await ownerOf(client, this.#place, this.#writeId)) === 'another') return 'taken';
    this.#published = true;
    const { signal } = this.#ending;
    try {
      return await putOnce(client, request, this.#writeId, conditional, signal);
    } catch (error) {
      // Nor does every one that takes a condition with a PUT take one here. Who commits does it with a PUT.
      if (!conditional || !isCairnError(error, 'UNSUPPORTED')) throw error;
      return putOnce(client, request, this.#writeId, false, signal);
    }
  }
}

/** Removes an object; nothing happens when it is absent. @throws {CairnError} `IO`. */
export async function removeObject(client: S3Client, place: S3Place): Promise<void> {
  const answer = await client.send({ method: 'DELETE', ...place });
  if (!answer.ok && answer.status !== 404) throw answer.error('removal', uriOf(place));
}

/** Gives up an upload in parts; nothing happens when it is gone. @throws {CairnError} `IO`. */
export async function removeUpload(client: S3Client, place: S3Place, uploadId: string): Promise<void> {
  const request: S3Request = { method: 'DELETE', ...place, query: { uploadId } };
  const answer = await client.send(request);
  if (!answer.ok && answer.status !== 404) throw answer.error('removal of an upload', uriOf(place));
}

function taken(uri: string): CairnError {
  return new CairnError('ALREADY_EXISTS', `${uri} exists already: another writer made it meanwhile`, { uri });
}

function removed(uri: string): CairnError {
  return new CairnError(
    'CONFLICT',
    `${uri} was removed while it was written, by a deletion or a sweep; write the store again`,
    { uri },
  );
}
