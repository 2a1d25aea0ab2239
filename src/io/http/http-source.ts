import { CairnError, notLoaded } from '../../errors.ts';
import { whenAborted } from '../../when-aborted.ts';
import type { ByteSource, ByteStream } from '../byte-source.ts';
import { readForward } from '../read-forward.ts';
import type { KnownFile } from '../storage.ts';
import type { HttpClient } from './http-client.ts';
import type { HttpFile } from './http-file.ts';
import { HttpStream, outside } from './http-stream.ts';
import { RangeTransfer } from './range-transfer.ts';
import { ReadBatcher } from './read-batcher.ts';

const NOTHING = new Uint8Array(0);

/** No partition is larger. A manifest may be: its server needs ranges then. */
const MAX_WHOLE_BYTES = 2 ** 31;

/**
 * A file on a web server, read by ranges.
 *
 * The heads of answers are checked, not their bytes: checksums of the format do that. No bytes are cached,
 * except those that were received when the file was opened.
 */
export class HttpSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly remote = true;
  readonly #client: HttpClient;
  readonly #file: HttpFile;
  readonly #batcher: ReadBatcher;
  readonly #streams = new Set<HttpStream>();
  /** The first bytes of the file, as far as they were received when it was opened. */
  #prefix: Uint8Array;
  #closed: CairnError | undefined;

  private constructor(client: HttpClient, file: HttpFile, size: number, prefix: Uint8Array) {
    this.name = file.name;
    this.size = size;
    this.#client = client;
    this.#file = file;
    this.#prefix = prefix;
    this.#batcher = new ReadBatcher(client, file);
    file.size = size;
  }

  /**
   * Opens a file: without a request if its size is known; else with one, which also returns its first bytes.
   *
   * @throws {CairnError} (as a rejection) `NOT_FOUND`, `IO`.
   */
  static async open(
    client: HttpClient,
    file: HttpFile,
    known: KnownFile | undefined,
    signal?: AbortSignal,
  ): Promise<HttpSource> {
    signal?.throwIfAborted();
    if (known !== undefined) return new HttpSource(client, file, known.bytes, NOTHING);
    const { bytes, total } = await readBeginning(client, file, client.limits.prefixBytes, signal).catch(
      (error: unknown) => {
        if (!client.whole || !file.rangeless) throw error;
        return readBeginning(client, file, MAX_WHOLE_BYTES, signal);
      },
    );
    return new HttpSource(client, file, total, bytes);
  }

  /**
   * Returns at most `bytes` of the first bytes that were received when the file was opened. A view: it must
   * not be written to.
   */
  head(bytes: number): Uint8Array {
    return this.#prefix.subarray(0, bytes);
  }

  async read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#check(offset, target.length, signal);
    const here = this.#beginning(offset, target.length);
    target.set(here);
    const rest = target.subarray(here.length);
    if (rest.length === 0) return;
    const from = offset + here.length;
    if (!this.#comesWhole) {
      try {
        await this.#batcher.read(from, rest, signal);
        return;
      } catch (error) {
        if (!this.#comesWhole) throw error;
      }
    }
    const whole = await this.#receiveWhole(signal);
    rest.set(whole.subarray(from, from + rest.length));
  }

  stream(offset: number, length: number, signal?: AbortSignal): ByteStream {
    this.#check(offset, length, undefined);
    if (this.#comesWhole) {
      const { name, size } = this;
      const reads = { name, size, read: this.read.bind(this), close: this.close.bind(this) };
      return readForward(reads, offset, length, signal);
    }
    const stream = new HttpStream(this.#client, this.#file, {
      offset,
      length,
      head: this.#beginning(offset, length),
      signal,
      onEnd: (ended) => this.#streams.delete(ended),
    });
    if (length > 0) this.#streams.add(stream);
    return stream;
  }

  bypassCaches(): string | undefined {
    this.#prefix = NOTHING;
    this.#file.passesCaches = true;
    return this.#file.doubt;
  }

  async close(): Promise<void> {
    this.#closed ??= new CairnError('CLOSED', `${this.name} has been closed`, { resource: this.name });
    for (const stream of this.#streams) stream.end(this.#closed);
    this.#prefix = NOTHING;
    await this.#batcher.close(this.#closed);
  }

  #check(offset: number, length: number, signal: AbortSignal | undefined): void {
    if (this.#closed !== undefined) throw this.#closed;
    signal?.throwIfAborted();
    if (offset < 0 || offset + length > this.size) throw outside(this.name, offset, length, this.size);
  }

  /** Whether the server ignores ranges, and all of the file will be read. */
  get #comesWhole(): boolean {
    return this.#client.whole && this.#file.rangeless;
  }

  /** Returns all of the file, which one request receives unless it is in memory. */
  async #receiveWhole(signal: AbortSignal | undefined): Promise<Uint8Array> {
    if (this.#prefix.length === this.size) return this.#prefix;
    const { receiveWhole } = await import('./whole-file.ts').catch(notLoaded);
    const receive = () => readBeginning(this.#client, this.#file, this.size, signal);
    return receiveWhole(this.#client, this, receive, (bytes) => {
      this.#prefix = bytes;
    });
  }

  /**
   * Returns the part of a range that was received when the file was opened: nothing, its beginning, or all of
   * it.
   */
  #beginning(offset: number, length: number): Uint8Array {
    return this.#prefix.subarray(offset, offset + length);
  }
}

/**
 * Returns the first bytes of a file of unknown size, and that size, by one request. Returns the whole file if
 * the server ignores ranges.
 *
 * @throws {CairnError} (as a rejection) `NOT_FOUND`, `IO`.
 */
export async function readBeginning(
  client: HttpClient,
  file: HttpFile,
  length: number,
  signal?: AbortSignal,
): Promise<{ readonly bytes: Uint8Array; readonly total: number }> {
  const transfer = new RangeTransfer(client, file, 0, length, false);
  const forgetSignal = signal && whenAborted(signal, () => transfer.interrupt(signal.reason));
  const permit = client.semaphore.request();
  try {
    await transfer.deadline.wait(permit.granted);
    transfer.deadline.start(client.deadlineFor(length));
    const bytes = await readAll(transfer);
    return { bytes, total: transfer.total ?? bytes.length };
  } finally {
    permit.release();
    forgetSignal?.();
  }
}

/** Returns all bytes of a transfer. */
async function readAll(transfer: RangeTransfer): Promise<Uint8Array> {
  let bytes = NOTHING;
  for (;;) {
    const chunk = await transfer.next();
    if (chunk === undefined) return bytes;
    const at = transfer.position - chunk.length;
    // The range may be read again from its start.
    const grown = new Uint8Array(at + chunk.length);
    grown.set(bytes.subarray(0, at));
    grown.set(chunk, at);
    bytes = grown;
  }
}
