import type { ByteStream } from '../io/byte-source.ts';
import type { PartitionFile } from './partition-file.ts';

/** Blocks of a partition that come from front to back as one request. */
export class BlockStream {
  readonly file: PartitionFile;
  /** The block that comes next, and the one behind the last. */
  next: number;
  readonly end: number;
  readonly #stream: ByteStream;
  readonly #signal: AbortSignal | undefined;

  private constructor(
    file: PartitionFile,
    first: number,
    end: number,
    stream: ByteStream,
    signal: AbortSignal | undefined,
  ) {
    this.file = file;
    this.next = first;
    this.end = end;
    this.#stream = stream;
    this.#signal = signal;
  }

  /**
   * Starts to read blocks `first…end − 1`, one after the other; undefined where one request for them gains nothing. The
   * signal ends the request.
   */
  static begin(
    file: PartitionFile,
    first: number,
    end: number,
    signal: AbortSignal | undefined,
  ): BlockStream | undefined {
    const stream = file.openStream(first, end, signal);
    return stream && new BlockStream(file, first, end, stream, signal);
  }

  /** The uncompressed bytes of the next blocks, checked, in new memory; at most {@link end} − {@link next} of them. */
  async read(count: number): Promise<Uint8Array> {
    const first = this.next;
    const stored = new Uint8Array(this.file.storedBytes(first, count));
    try {
      await this.#stream.read(stored);
    } catch (error) {
      throw await this.file.explained(error);
    }
    this.next = first + count;
    try {
      return this.file.checkBlocks(first, count, stored);
    } catch {
      // A reading of their own has a second look.
      return this.file.readBlocks(first, count, this.#signal);
    }
  }

  /** Ends the request. */
  close(): void {
    this.#stream.close();
  }
}
