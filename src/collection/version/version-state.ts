import type { JsonValue } from '../../codec/values/json-value.ts';
import type { CompressionName } from '../../format/properties.ts';
import type { PartitionRecord } from '../../partition/partition-record.ts';

/** What is written once, when a collection is made, and repeated by each of its versions. */
export interface Definition {
  /** A word of its maker's: tells collections apart that lie at one place one after the other. */
  readonly id: string;
  readonly keyEncoding: string;
  readonly valueEncoding: string;
  /** How the blocks of its partition files are compressed. */
  readonly compression: CompressionName;
}

/** All that is written when a collection is made. */
export interface CollectionDefinition extends Definition {
  /** Notes of its maker's, such as how the command shows keys that are bytes. */
  readonly metadata: { readonly [key: string]: JsonValue };
}

/**
 * What one commit, or one compaction, has written: sorted entries and tombstones, in partitions as those of a store. Of
 * two generations with a key, the newer one's entry counts.
 */
export interface Generation {
  /** Tombstones among the entries. */
  readonly tombstones: number;
  /**
   * Whether each stored value begins with a byte of the collection's: {@link VALUE_MARK}. Without a value a stored entry is a
   * tombstone then. Generations without tombstones need none, and are partitions of a plain store.
   */
  readonly isMarked: boolean;
  /** Disjoint and ascending; never empty. */
  readonly partitions: readonly PartitionRecord[];
  /** The sole partition, where it lies in a version file instead of a file of its own. */
  readonly inline?: InlinePartition | undefined;
}

/** The bytes of a partition in a version file. */
export interface InlinePartition {
  readonly bytes: Uint8Array;
  /** The URI of that version file, for messages. */
  readonly file: string;
}

/** Precedes each value of a marked generation. */
export const VALUE_MARK: number = 1;

/** A partition file that the newest version does not name any more, and the first version of which that is true. */
export interface DroppedFile {
  readonly name: string;
  readonly bytes: number;
  readonly since: number;
}

/** Why there is a version. */
export type VersionCause = 'commit' | 'compaction' | 'revert';

/** The state of a collection after one commit: all that a reader needs to know besides the entries. */
export interface VersionState extends Definition {
  /** From 1 on. */
  readonly number: number;
  /** A word of the commit's own, by which its writer knows it again. */
  readonly word: string;
  readonly cause: VersionCause;
  /** What the commit changed. */
  readonly sets: number;
  readonly deletes: number;
  /** Encoded bytes of the keys and values that it changed. */
  readonly bytes: number;
  /** The newest version up to this one that changed the contents: compactions don't. */
  readonly changed: number;
  /** The oldest version that is kept: those before it can't be read any more. */
  readonly oldest: number;
  /** The newest first. */
  readonly generations: readonly Generation[];
  /** Files to be removed, once no kept version names them. */
  readonly dropped: readonly DroppedFile[];
}

/** The entries of a generation, tombstones among them. */
export function entriesOf({ partitions }: Generation): number {
  return partitions.reduce((sum, { count }) => sum + count, 0);
}

/** The bytes of a generation's partitions. */
export function bytesOf({ partitions }: Generation): number {
  return partitions.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What tells a generation from all others. */
export function nameOf({ partitions }: Generation): string {
  return partitions[0].name;
}

/** The partition files of some generations: their bytes by name. */
export function filesOf(generations: readonly Generation[]): Map<string, number> {
  const files = new Map<string, number>();
  for (const { inline, partitions } of generations) {
    if (inline === undefined) for (const { name, bytes } of partitions) files.set(name, bytes);
  }
  return files;
}

/** What version `number` drops if it has these generations and follows `before`; what it takes up again is no longer dropped. */
export function droppedBy(
  number: number,
  generations: readonly Generation[],
  before: VersionState | undefined,
): DroppedFile[] {
  if (before === undefined) return [];
  const files = filesOf(generations);
  const dropped = before.dropped.filter(({ name }) => !files.has(name));
  for (const [name, bytes] of filesOf(before.generations)) {
    if (!files.has(name)) dropped.push({ name, bytes, since: number });
  }
  return dropped;
}
