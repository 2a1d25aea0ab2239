import type { Checksum } from '../../bytes/checksum.ts';
import type { KeyBuffer } from '../../bytes/key-buffer.ts';
import { loadCompressor } from '../../compression/compressors.ts';
import { notLoaded } from '../../errors.ts';
import type { Storage } from '../../io/storage.ts';
import { StoreDraft } from '../../store/manifest/store-draft.ts';
import type { StoreBuilder } from '../../store/write/store-builder.ts';
import { checkWriteOptions } from '../../store/write/write-options.ts';
import type { CollectionDirectory } from '../version/collection-directory.ts';
import type { Definition, Generation } from '../version/version-state.ts';
import { type GenerationSink, ValueMarker } from './generation-sink.ts';

/** Writes a generation to partition files, under names that nobody else has: they are nobody's until a version names them. */
export class GenerationWriter implements GenerationSink {
  readonly #draft: StoreDraft;
  readonly #builder: StoreBuilder;
  readonly #marker: ValueMarker | undefined;
  #tombstones = 0;

  private constructor(draft: StoreDraft, builder: StoreBuilder, isMarked: boolean) {
    this.#draft = draft;
    this.#builder = builder;
    this.#marker = isMarked ? new ValueMarker() : undefined;
  }

  /** @throws {CairnError} (as a rejection) `UNSUPPORTED`, `IO`. */
  static async begin(
    directory: CollectionDirectory<Storage>,
    { keyEncoding, valueEncoding, compression }: Definition,
    {
      word,
      isMarked,
      checksum,
    }: { readonly word: string; readonly isMarked: boolean; readonly checksum: Checksum },
  ): Promise<GenerationWriter> {
    const [compressor, { StoreBuilder }] = await Promise.all([
      loadCompressor(compression),
      import('../../store/write/store-builder.ts').catch(notLoaded),
    ]);
    const draft = await StoreDraft.beginChange(directory.files, checksum);
    const { partitionBytes, blockBytes, hashIndex } = checkWriteOptions({});
    const builder = await StoreBuilder.create(draft, {
      keyEncoding,
      valueEncoding,
      compressor,
      partitionBytes,
      blockBytes,
      hashIndex,
      attemptId: word,
    });
    return new GenerationWriter(draft, builder, isMarked);
  }

  get key(): KeyBuffer {
    return this.#builder.key;
  }

  add(value: Uint8Array | undefined): Promise<void> | undefined {
    if (value === undefined) this.#tombstones++;
    return this.#builder.add(this.#marker === undefined ? (value as Uint8Array) : this.#marker.mark(value));
  }

  async finish(): Promise<Generation | undefined> {
    const partitions = await this.#builder.finish();
    if (partitions.length === 0) return undefined;
    return { tombstones: this.#tombstones, isMarked: this.#marker !== undefined, partitions };
  }

  /** Removes the files: no version may name them. What can't be removed is found by sweep. */
  async abandon(): Promise<void> {
    await this.#draft.abandon().catch(() => undefined);
  }
}
