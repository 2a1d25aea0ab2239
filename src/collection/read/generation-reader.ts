import type { Checksum } from '../../bytes/checksum.ts';
import { CairnError } from '../../errors.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import { MemorySource } from '../../io/memory.ts';
import { partitionReaders } from '../../partition/cache/partition-readers.ts';
import type { ReadCounter } from '../../partition/read-counter.ts';
import { openPartitions, partitionFiles } from '../../store/manifest/open-files.ts';
import { PartitionSet } from '../../store/read/partition-set.ts';
import type { CollectionDirectory } from '../version/collection-directory.ts';
import { type Generation, nameOf } from '../version/version-state.ts';

/** A generation that is open: several versions may share it. */
export interface GenerationReader {
  readonly generation: Generation;
  readonly set: PartitionSet;
  /** Whether values begin with a mark, and those without are tombstones. */
  readonly isMarked: boolean;
}

interface Opened extends GenerationReader {
  uses: number;
}

/**
 * A partition that a version names has no file: the version was compacted away since it was read, or, if it is still the
 * newest, the file is lost.
 */
export class GenerationGone extends CairnError {
  constructor(file: string, cause: unknown) {
    super(
      'CORRUPTION',
      `${file}: a partition is missing. It was removed from outside; restore it from a good copy, or revert to a version ` +
        'without it',
      { file, section: 'file', offset: 0, cause },
    );
  }
}

/**
 * The open generations of a handle. Each is opened once, and closed when the last version that has it is.
 */
export class GenerationPool {
  readonly checksum: Checksum;
  readonly counter: ReadCounter;
  readonly #directory: CollectionDirectory;
  readonly #opened = new Map<string, Promise<Opened>>();
  /** Memory that is not taken yet, of the reader's own; undefined for a share of the process's. */
  #freeBytes: number | undefined;

  constructor(
    directory: CollectionDirectory,
    checksum: Checksum,
    counter: ReadCounter,
    cacheBytes: number | undefined,
  ) {
    this.checksum = checksum;
    this.counter = counter;
    this.#directory = directory;
    this.#freeBytes = cacheBytes;
  }

  /**
   * Opens some generations, or takes them as they are; {@link release} them.
   *
   * @throws {GenerationGone} if a file is missing.
   */
  async open(generations: readonly Generation[], signal?: AbortSignal): Promise<GenerationReader[]> {
    const results = await Promise.allSettled(generations.map((one) => this.#take(one, signal)));
    const failed = results.find((result) => result.status === 'rejected');
    const readers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    if (failed === undefined) return readers;
    this.release(readers);
    throw failed.reason;
  }

  /** Gives generations back. */
  release(readers: readonly GenerationReader[]): void {
    for (const reader of readers as readonly Opened[]) {
      if (--reader.uses > 0) continue;
      this.#opened.delete(keyOf(reader.generation));
      // Nobody reads it any more: a source that can't be closed is closed with the process.
      reader.set.close().catch(() => undefined);
    }
  }

  async #take(generation: Generation, signal: AbortSignal | undefined): Promise<Opened> {
    const key = keyOf(generation);
    let opening = this.#opened.get(key);
    if (opening === undefined) {
      opening = this.#open(generation, signal);
      this.#opened.set(key, opening);
      opening.catch(() => {
        this.#opened.delete(key);
      });
    }
    const reader = await opening;
    // It was closed while this call waited for it.
    if (this.#opened.get(key) !== opening) return this.#take(generation, signal);
    reader.uses++;
    return reader;
  }

  async #open(generation: Generation, signal: AbortSignal | undefined): Promise<Opened> {
    const { partitions: records, inline, isMarked } = generation;
    const directory = this.#directory;
    const tools = { checksum: this.checksum, counter: this.counter, signal };
    let sources: readonly ByteSource[];
    if (inline !== undefined) sources = [new MemorySource(inline.file, inline.bytes)];
    else {
      const opened = await openPartitions(directory.files, records);
      if (opened.missing !== undefined)
        throw new GenerationGone(
          directory.storage.uri(directory.files.partition(opened.missing)),
          opened.cause,
        );
      sources = opened.sources;
    }
    const files = await partitionFiles(sources, records, tools);
    const bytes = records.reduce((sum, { dataBytes, hashBytes }) => sum + dataBytes + hashBytes, 0);
    const cacheBytes = this.#freeBytes === undefined ? undefined : Math.min(bytes, this.#freeBytes);
    if (cacheBytes !== undefined) this.#freeBytes = (this.#freeBytes as number) - cacheBytes;
    const options = { cacheBytes, checkEachUse: false };
    const { readers, release } = await partitionReaders(files, options, this.counter);
    const free = (): void => {
      release?.();
      if (cacheBytes !== undefined) this.#freeBytes = (this.#freeBytes as number) + cacheBytes;
    };
    return { generation, set: new PartitionSet(readers, free), isMarked, uses: 0 };
  }
}

/** What tells a generation from others, also from one that consists of its partitions and those of others. */
function keyOf(generation: Generation): string {
  return `${generation.partitions.length} ${nameOf(generation)}`;
}
