import { ByteWriter } from '../../bytes/byte-writer.ts';
import type { Checksum } from '../../bytes/checksum.ts';
import { KeyBuffer } from '../../bytes/key-buffer.ts';
import type { ByteSink } from '../../io/byte-sink.ts';
import { EntryTable } from '../../partition/entry-table.ts';
import { blockMemory, type PartitionShape, PartitionWriter } from '../../partition/partition-writer.ts';
import type { Definition, Generation } from '../version/version-state.ts';
import { type GenerationSink, ValueMarker } from './generation-sink.ts';

/** Small blocks: a look-up in a few kilobytes of memory has nothing to read ahead. */
const BLOCK_BYTES = 16 * 1024;

/** The size of a partition is not limited here: who writes one knows what it holds. */
const PARTITION_BYTES = 2 ** 30;

/** Composes inline generations in memory, one after the other. */
export class InlineWriter {
  readonly #shape: PartitionShape;
  readonly #buffers: readonly [KeyBuffer, KeyBuffer] = [new KeyBuffer(), new KeyBuffer()];

  private constructor(shape: PartitionShape) {
    this.#shape = shape;
  }

  static async create({ keyEncoding, valueEncoding }: Definition, checksum: Checksum): Promise<InlineWriter> {
    return new InlineWriter({
      keyEncoding,
      valueEncoding,
      compressor: undefined,
      blockBytes: BLOCK_BYTES,
      partitionBytes: PARTITION_BYTES,
      hashIndex: true,
      checksum,
      table: new EntryTable(),
      digest: await blockMemory(BLOCK_BYTES),
    });
  }

  /** Begins a generation; it must be finished before the next one begins. */
  begin(name: string, file: string, isMarked: boolean): GenerationSink {
    return new InlineSink(name, file, isMarked, this.#shape, this.#buffers);
  }
}

class InlineSink implements GenerationSink {
  readonly #name: string;
  readonly #file: string;
  readonly #shape: PartitionShape;
  readonly #bytes = new BytesSink();
  readonly #marker: ValueMarker | undefined;
  #partition: PartitionWriter | undefined;
  #key: KeyBuffer;
  #previous: KeyBuffer;
  #tombstones = 0;

  constructor(
    name: string,
    file: string,
    isMarked: boolean,
    shape: PartitionShape,
    [key, previous]: readonly [KeyBuffer, KeyBuffer],
  ) {
    this.#name = name;
    this.#file = file;
    this.#marker = isMarked ? new ValueMarker() : undefined;
    this.#shape = shape;
    this.#key = key;
    this.#previous = previous;
  }

  get key(): KeyBuffer {
    return this.#key;
  }

  add(value: Uint8Array | undefined): undefined {
    if (this.#partition === undefined) {
      this.#partition = new PartitionWriter(this.#name, this.#bytes, this.#shape);
      this.#partition.begin();
    }
    if (value === undefined) this.#tombstones++;
    const stored = this.#marker === undefined ? (value as Uint8Array) : this.#marker.mark(value);
    this.#partition.add(this.#key, this.#previous, stored);
    [this.#key, this.#previous] = [this.#previous, this.#key];
  }

  async finish(): Promise<Generation | undefined> {
    if (this.#partition === undefined) return undefined;
    const record = await this.#partition.finish(this.#previous);
    const inline = { bytes: this.#bytes.bytes, file: this.#file };
    return {
      tombstones: this.#tombstones,
      isMarked: this.#marker !== undefined,
      partitions: [record],
      inline,
    };
  }
}

/** Collects what is written. */
class BytesSink implements ByteSink {
  readonly #bytes = new ByteWriter(4096);

  get bytes(): Uint8Array {
    return this.#bytes.view();
  }

  write(bytes: Uint8Array): undefined {
    this.#bytes.bytes(bytes);
  }

  async finish(): Promise<void> {}

  async abort(): Promise<void> {}
}
