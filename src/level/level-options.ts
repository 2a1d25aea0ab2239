import type { AbstractDatabaseOptions, AbstractOpenOptions } from 'abstract-level';
import type { CompressionName } from '../format/properties.ts';

/** How a level is opened. Options of `classic-level` that tune LevelDB are ignored. */
export interface CairnLevelOpenOptions extends AbstractOpenOptions {
  /** Refuses everything that writes; default: false. A plain store and what can't be written are read-only anyway. */
  readonly readOnly?: boolean | undefined;
  /**
   * How the blocks of a new collection's files are compressed; default: `'none'`. `true` and `false`, which `classic-level`
   * takes here, stand for the default.
   */
  readonly compression?: CompressionName | boolean | undefined;
  /** Memory for data, in bytes; default: a share of the process's. */
  readonly cacheBytes?: number | undefined;
  /** Whether writes compact the collection in the background when it is worth it; default: true. */
  readonly autoCompact?: boolean | undefined;
  /** How many versions stay readable after a compaction, for `collection.snapshot(version)` and `revertTo`; default: 1. */
  readonly keepVersions?: number | undefined;
  /** Looks for what other processes have written every so many milliseconds; default: never. */
  readonly follow?: number | undefined;
}

/** How a `CairnLevel` is made: abstract-level's options and those of `open()`. */
export interface CairnLevelOptions<K, V>
  extends AbstractDatabaseOptions<K, V>,
    Omit<CairnLevelOpenOptions, 'passive'> {}
