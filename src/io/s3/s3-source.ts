import { CairnError } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';
import type { KnownFile } from '../storage.ts';
import type { S3Client, S3Request } from './s3-client.ts';
import { type S3Place, uriOf } from './s3-path.ts';

/** An object, read by one ranged request a read. */
export class S3Source implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly remote: boolean = true;
  readonly #client: S3Client;
  readonly #place: S3Place;
  readonly #etag: string | undefined;
  #closed = false;

  private constructor(client: S3Client, place: S3Place, size: number, etag: string | undefined) {
    this.name = uriOf(place);
    this.size = size;
    this.#client = client;
    this.#place = place;
    this.#etag = etag;
  }

  /** @throws {CairnError} `NOT_FOUND`, `IO`. */
  static async open(client: S3Client, place: S3Place, known: KnownFile | undefined): Promise<S3Source> {
    if (known !== undefined) return new S3Source(client, place, known.bytes, undefined);
    const answer = await client.send({ method: 'HEAD', ...place });
    if (!answer.ok) throw answer.error('opening', uriOf(place));
    const size = Number(answer.headers.get('content-length'));
    return new S3Source(client, place, size, answer.headers.get('etag') ?? undefined);
  }

  async read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#check(offset, target.length);
    if (target.length === 0) return;
    const request: S3Request = {
      method: 'GET',
      ...this.#place,
      headers: {
        range: `bytes=${offset}-${offset + target.length - 1}`,
        ...(this.#etag === undefined ? {} : { 'if-match': this.#etag }),
      },
    };
    const answer = await this.#client.send(request, signal);
    if (this.#closed) throw this.#closedError();
    if (!answer.ok) throw answer.error('read', this.name);
    const whole = answer.status === 200 && answer.body.length === this.size;
    const bytes = whole ? answer.body.subarray(offset, offset + target.length) : answer.body;
    if (bytes.length !== target.length || (answer.status !== 206 && !whole)) {
      throw this.#corrupt(offset, target.length, `${bytes.length} bytes`);
    }
    target.set(bytes);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #check(offset: number, length: number): void {
    if (this.#closed) throw this.#closedError();
    if (offset < 0 || offset + length > this.size) throw this.#corrupt(offset, length, `${this.size} in all`);
  }

  #closedError(): CairnError {
    return new CairnError('CLOSED', `${this.name} has been closed`, { resource: this.name });
  }

  #corrupt(offset: number, length: number, actual: string): CairnError {
    return new CairnError('CORRUPTION', `${this.name}: ${length} bytes at offset ${offset} are not there: ${actual}`, {
      file: this.name,
      section: 'file',
      offset,
      expected: `${length} bytes`,
      actual,
    });
  }
}
