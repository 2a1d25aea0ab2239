import { CairnError } from '../../errors.ts';
import type { ByteSink } from '../byte-sink.ts';
import type { RequestSlots } from '../http/request-slots.ts';
import type { AzureClient, AzureRequest } from './azure-client.ts';
import { type BlobPlace, uriOf } from './azure-path.ts';
import { type PutOutcome, putOnce, removeOwn } from './put-once.ts';

/** What the sinks of a storage share. */
export interface UploadSettings {
  readonly client: AzureClient;
  /** Requests that carry bytes at once, of all sinks together. */
  readonly slots: RequestSlots;
  readonly partBytes: number;
}

const EMPTY = new Uint8Array(0);
const FIRST_BYTES = 1 << 16;
/** More would be refused, after all of them were sent. */
const MOST_PARTS = 50_000;

/**
 * A blob being written: up to one part in memory by a single Put Blob in the end, more in parts (Put Block) that are
 * sent while the next one fills, and made a blob by Put Block List. It is there when it is finished, not before, and
 * not if its name was taken meanwhile. The parts of a blob that is never finished are seen by nobody, and the storage
 * drops them after a week; the parts of writers under one name don't mix, since each names its own.
 */
export class AzureSink implements ByteSink {
  readonly #place: BlobPlace;
  readonly #uri: string;
  readonly #settings: UploadSettings;
  readonly #writeId: string;
  readonly #ending = new AbortController();
  readonly #free: Uint8Array[] = [];
  readonly #parts: Promise<void>[] = [];
  #buffer: Uint8Array = EMPTY;
  #used = 0;
  #failure: Error | undefined;
  /** Whether there may be a blob of ours under the name. */
  #published = false;

  constructor(place: BlobPlace, settings: UploadSettings) {
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
      const { state } = this.#parts.length === 0 ? await this.#putWhole() : await this.#putParts();
      if (state === 'taken') throw taken(this.#uri);
      if (state === 'gone') throw removed(this.#uri);
    } catch (error) {
      this.#failure ??= error as Error;
      throw error;
    }
  }

  async abort(): Promise<void> {
    this.#failure ??= new CairnError('CLOSED', `the writing of ${this.#uri} was given up`, {
      resource: this.#uri,
    });
    this.#ending.abort(this.#failure);
    await Promise.all(this.#parts);
    if (!this.#published) return;
    const { client, slots } = this.#settings;
    const turn = slots.ask();
    try {
      await turn.turn;
      // Under one name there may be another's by now.
      await removeOwn(client, this.#place, this.#writeId);
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
    const { client, slots } = this.#settings;
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
      const query = { comp: 'block', blockid: this.#partId(index) };
      const request: AzureRequest = { method: 'PUT', ...this.#place, query, body };
      const answer = await client.send(request, this.#ending.signal);
      if (!answer.ok) throw answer.error('write', this.#uri);
      this.#free.push(buffer);
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

  /** The name of a part, in base64. All names of a blob's parts must have the same length. */
  #partId(index: number): string {
    return btoa(`${this.#writeId}-${String(index).padStart(5, '0')}`);
  }

  async #putWhole(): Promise<PutOutcome> {
    const { slots } = this.#settings;
    const turn = slots.ask();
    try {
      await turn.turn;
      const headers = { 'x-ms-blob-type': 'BlockBlob' };
      return await this.#publish({ headers, body: this.#buffer.subarray(0, this.#used) });
    } finally {
      turn.release();
    }
  }

  async #putParts(): Promise<PutOutcome> {
    if (this.#used > 0) this.#sendPart();
    await Promise.all(this.#parts);
    if (this.#failure !== undefined) throw this.#failure;
    const ids = this.#parts.map((_, index) => `<Latest>${this.#partId(index)}</Latest>`);
    const document = `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.join('')}</BlockList>`;
    const body = new TextEncoder().encode(document);
    return this.#publish({ query: { comp: 'blocklist' }, body, slow: true });
  }

  async #publish(what: Pick<AzureRequest, 'query' | 'headers' | 'body' | 'slow'>): Promise<PutOutcome> {
    this.#ending.signal.throwIfAborted();
    this.#published = true;
    const request: AzureRequest = { method: 'PUT', ...this.#place, ...what };
    return putOnce(this.#settings.client, request, this.#writeId, this.#ending.signal);
  }
}

function taken(uri: string): CairnError {
  return new CairnError('ALREADY_EXISTS', `${uri} exists already: another writer made it meanwhile`, { uri });
}

function removed(uri: string): CairnError {
  return new CairnError(
    'CONFLICT',
    `the parts of ${uri} were removed while it was written, by another writer of that name; write the store again`,
    { uri },
  );
}
