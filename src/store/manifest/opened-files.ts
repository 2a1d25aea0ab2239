import type { Checksum } from '../../bytes/checksum.ts';
import type { PartitionFile } from '../../partition/partition-file.ts';
import type { ReadCounter } from '../../partition/read-counter.ts';
import type { Manifest } from './manifest.ts';

/** The manifest of a store and its partitions, opened, in key order. Whoever opened them closes their sources. */
export interface OpenedFiles {
  readonly manifest: Manifest;
  readonly files: readonly PartitionFile[];
}

/** How files are opened. */
export interface OpenTools {
  readonly checksum: Checksum;
  /** Counts the reads of all files. */
  readonly counter: ReadCounter;
  readonly signal?: AbortSignal | undefined;
}
