import type { Checksum } from '../../bytes/checksum.ts';
import type { ByteSource } from '../../io/byte-source.ts';
import { FlipSearch } from '../../partition/check/bit-flip-search.ts';
import type { CheckObserver } from '../../partition/check/partition-check.ts';
import { type Encodings, verifyPartition } from '../../partition/check/verify-partition.ts';
import type { VerifyProblem } from '../../partition/check/verify-problem.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import type { ReadCounter } from '../../partition/read-counter.ts';
import { checkVerifyOptions, type VerifyOptions } from './verify-options.ts';
import { verifyInThreads } from './verify-threads.ts';

/** The result of a verification. */
export interface VerifyReport {
  /** Whether nothing is wrong. */
  readonly ok: boolean;
  readonly checked: { files: number; blocks: number; bytes: number; entries: number };
  /**
   * All damage: in the manifest, then missing files, then partition by partition; of damaged entries, the
   * first of each block.
   */
  readonly problems: VerifyProblem[];
}

/** Checks files of a store and collects what it finds. */
export class Verifier {
  readonly flips: FlipSearch;
  readonly #checked: VerifyReport['checked'] = { files: 0, blocks: 0, bytes: 0, entries: 0 };
  readonly #problems: VerifyProblem[] = [];
  readonly #checksum: Checksum;
  readonly #options: VerifyOptions;

  /** @throws {CairnError} `INVALID_ARGUMENT`. */
  constructor(checksum: Checksum, options: VerifyOptions) {
    this.#checksum = checksum;
    this.#options = checkVerifyOptions(options);
    this.flips = new FlipSearch(checksum, this.#options.locateBits ?? true);
  }

  get report(): VerifyReport {
    return { ok: this.#problems.length === 0, checked: this.#checked, problems: this.#problems };
  }

  problem(problem: VerifyProblem): void {
    this.#problems.push(problem);
  }

  /** Checks partitions completely, including parts that were read before. Their sources stay open. */
  async partitions(
    partitions: readonly { readonly source: ByteSource; readonly record: PartitionRecord }[],
    { keyEncoding, valueEncoding }: Encodings,
    counter: ReadCounter,
  ): Promise<void> {
    const { signal } = this.#options;
    const checksum = this.#checksum;
    const encodings: Encodings = { keyEncoding, valueEncoding };
    const totalBytes = partitions.reduce((sum, { record }) => sum + record.bytes, 0);
    const checked = this.#checked;
    const found: VerifyProblem[][] = partitions.map(() => []);
    const advance = (bytes: number, blocks: number, entries: number): void => {
      checked.bytes += bytes;
      checked.blocks += blocks;
      checked.entries += entries;
      this.#options.onProgress?.({ unit: 'bytes', done: checked.bytes, total: totalBytes });
    };
    checked.files += partitions.length;
    const inThreads = await verifyInThreads({
      partitions,
      encodings,
      locateBits: this.#options.locateBits ?? true,
      signal,
      problem: (partition, problem) => found[partition].push(problem),
      advance,
    });
    for (const [i, { source, record }] of partitions.entries()) {
      const observer: CheckObserver = { problem: (problem) => found[i].push(problem), advance };
      if (!inThreads)
        await verifyPartition(source, record, {
          checksum,
          counter,
          flips: this.flips,
          observer,
          encodings,
          signal,
        });
      this.#problems.push(...found[i]);
    }
  }
}
