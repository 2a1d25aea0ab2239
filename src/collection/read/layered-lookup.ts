import { compareRanges } from '../../bytes/compare.ts';
import { corruption } from '../../bytes/corruption.ts';
import { KeyBuffer } from '../../bytes/key-buffer.ts';
import { ABSENT, FOUND, MISSING, type Outcome } from '../../partition/cache/outcome.ts';
import type { PartitionReader, PinnedBlock } from '../../partition/cache/partition-reader.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';
import { VALUE_MARK } from '../version/version-state.ts';
import type { GenerationReader } from './generation-reader.ts';

/** Looks a key up in some generations: the first that has it, or a tombstone of it, answers. */
export class LayeredLookup {
  /** The key that is looked up, encoded. */
  readonly key: KeyBuffer = new KeyBuffer();
  /** After FOUND: its `bytes[valueStart…valueEnd)` are the value. */
  partition: PartitionReader | undefined;
  /** Bytes between the key and the value. */
  markBytes = 0;
  /** The generation that lacks something. */
  #missing = 0;

  /**
   * One step over what is in memory, or with `mayRead` in files. After MISSING, {@link loadSync} or {@link findLater} go on.
   *
   * @throws {CairnError} `CORRUPTION`.
   */
  find(generations: readonly GenerationReader[], mayRead: boolean): Outcome {
    return this.#find(generations, 0, undefined, mayRead);
  }

  /** Goes on after MISSING, without waiting. */
  findNow(generations: readonly GenerationReader[]): boolean {
    const pinned: PinnedBlock[] = [];
    for (;;) {
      const block = (this.partition as PartitionReader).loadSync();
      if (block !== undefined) pinned.push(block);
      const outcome = this.#find(generations, this.#missing, pinned, true);
      if (outcome !== MISSING) return outcome === FOUND;
    }
  }

  /** Goes on after MISSING. `take` is called in the same step in which the key is found. */
  async findLater<R>(
    generations: readonly GenerationReader[],
    take: () => R,
    check: () => void,
    signal: AbortSignal | undefined,
  ): Promise<R | undefined> {
    // Other calls use the buffer while this one waits.
    const key = this.key.copy();
    const pinned: PinnedBlock[] = [];
    let partition = this.partition as PartitionReader;
    let missing = this.#missing;
    for (;;) {
      const block = await partition.load(signal);
      if (block !== undefined) pinned.push(block);
      check();
      this.key.set(key);
      const outcome = this.#find(generations, missing, pinned, false);
      if (outcome === FOUND) return take();
      if (outcome === ABSENT) return undefined;
      partition = this.partition as PartitionReader;
      missing = this.#missing;
    }
  }

  #find(
    generations: readonly GenerationReader[],
    first: number,
    pinned: readonly PinnedBlock[] | undefined,
    mayRead: boolean,
  ): Outcome {
    const { key } = this;
    const hash = key.hash();
    for (let i = first; i < generations.length; i++) {
      const { set, isMarked } = generations[i];
      const number = set.find(key.bytes, key.length);
      if (number < 0) continue;
      const partition = set.partitions[number];
      const outcome = partition.lookup(key, hash, pinned, mayRead);
      if (outcome === ABSENT) continue;
      this.partition = partition;
      if (outcome === MISSING) {
        // Nothing is read for a key beyond the ends: over a network that is a request or two.
        if (!mayHave(partition.file.record, key)) continue;
        this.#missing = i;
        return MISSING;
      }
      this.markBytes = 0;
      if (!isMarked) return FOUND;
      // A tombstone: what older generations have does not count.
      if (partition.valueStart === partition.valueEnd) return ABSENT;
      this.markBytes = 1;
      if (partition.bytes[partition.valueStart++] !== VALUE_MARK) throw wrongMark(partition);
      return FOUND;
    }
    return ABSENT;
  }
}

/** Whether a key lies within those of a partition. */
function mayHave({ firstKey, lastKey }: PartitionRecord, { bytes, length }: KeyBuffer): boolean {
  return (
    compareRanges(bytes, 0, length, firstKey, 0, firstKey.length) >= 0 &&
    compareRanges(bytes, 0, length, lastKey, 0, lastKey.length) <= 0
  );
}

/** The error for a value of a marked generation that does not begin with the mark. */
export function wrongMark({ file }: PartitionReader): Error {
  return corruption({ file: file.source.name, section: 'entry', offset: 0 }, 'a value has no mark', {
    expected: `${VALUE_MARK}`,
    actual: 'another byte',
  });
}
