import { CairnError } from '../../errors.ts';
import type { PutState } from '../objects/object-version.ts';
import { type PartLimit, PartsSink, type UploadSettings } from '../objects/parts-sink.ts';
import type { AzureClient, AzureRequest } from './azure-client.ts';
import { type BlobPlace, uriOf } from './azure-path.ts';
import { putOnce, removeOwn } from './put-once.ts';

const PART_LIMIT: PartLimit = { maxParts: 50_000, sizeOption: 'blockSize' };

/**
 * A blob being written: a small one by Put Blob; the parts of a larger one by Put Block, and made a blob by
 * Put Block List. The parts of a blob that is never finished are invisible, and the storage removes them
 * after a week; the parts of several writers under one name don't mix, since each names its own.
 */
export class AzureSink extends PartsSink {
  readonly #place: BlobPlace;
  readonly #client: AzureClient;
  readonly #writeId: string;

  constructor(place: BlobPlace, settings: UploadSettings<AzureClient>) {
    super(uriOf(place), settings, PART_LIMIT);
    this.#place = place;
    this.#client = settings.client;
    this.#writeId = settings.client.host.uniqueName();
  }

  protected async sendPart(index: number, body: Uint8Array, signal: AbortSignal): Promise<void> {
    const query = { comp: 'block', blockid: this.#partId(index) };
    const answer = await this.#client.send({ method: 'PUT', ...this.#place, query, body }, signal);
    if (!answer.ok) throw answer.error('write', this.uri);
  }

  protected putWhole(body: Uint8Array): Promise<PutState> {
    return this.#put({ headers: { 'x-ms-blob-type': 'BlockBlob' }, body });
  }

  protected putParts(count: number): Promise<PutState> {
    const ids = Array.from({ length: count }, (_, index) => `<Latest>${this.#partId(index)}</Latest>`);
    const document = `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.join('')}</BlockList>`;
    return this.#put({ query: { comp: 'blocklist' }, body: new TextEncoder().encode(document), slow: true });
  }

  protected gone(): CairnError {
    return new CairnError(
      'CONFLICT',
      `the parts of ${this.uri} were removed while it was written, by another writer of that name; write the store again`,
      { uri: this.uri },
    );
  }

  protected async removeParts(): Promise<void> {}

  protected removeOwn(): Promise<unknown> {
    return removeOwn(this.#client, this.#place, this.#writeId);
  }

  /** The name of a part, in base64. All names of a blob's parts must have the same length. */
  #partId(index: number): string {
    return btoa(`${this.#writeId}-${String(index).padStart(5, '0')}`);
  }

  #put(what: Pick<AzureRequest, 'query' | 'headers' | 'body' | 'slow'>): Promise<PutState> {
    const request: AzureRequest = { method: 'PUT', ...this.#place, ...what };
    return this.publish(async (signal) => {
      const { state } = await putOnce(this.#client, request, this.#writeId, signal);
      return state;
    });
  }
}
