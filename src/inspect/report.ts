/** Something that is wrong with a file. */
export interface InspectedProblem {
  /** The part of the file, in the words of FORMAT.md. */
  readonly section: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly message: string;
}

/** Whether a checksum is right; `unchecked` where the bytes or what they should be compared with can't be had. */
export type ChecksumState = 'right' | 'wrong' | 'unchecked';

/** A stretch of a partition file. The blocks, which lie between header and hash index, are listed by themselves. */
export interface InspectedSection {
  readonly name: string;
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** The checksum that the file promises, in hex; absent for the blocks together and for bytes of no section. */
  readonly checksum?: string;
  readonly state: ChecksumState;
}

/** One block, as the sparse index describes it. */
export interface InspectedBlock {
  /** Counted from 0. */
  readonly number: number;
  readonly offset: number;
  /** Bytes in the file. */
  readonly storedLength: number;
  /** Bytes when decompressed. */
  readonly dataLength: number;
  readonly compressed: boolean;
  readonly entries: number;
  readonly entriesBefore: number;
  /** The separator, in hex; empty for the first block. */
  readonly separator: string;
  readonly checksum: string;
  readonly state: ChecksumState;
}

/** One entry of the blocks that are shown. */
export interface InspectedEntry {
  readonly block: number;
  /** Bytes from the start of the block, decompressed. */
  readonly offset: number;
  /** In hex. */
  readonly key: string;
  readonly value: string;
}

/** The hash index in numbers. */
export interface InspectedHashIndex {
  readonly homeSlots: number;
  readonly slots: number;
  readonly used: number;
  /** The most slots in use one after the other: a look-up reads no more than these and one. */
  readonly longestRun: number;
}

/** Fields of a fixed layout by name: checksums and magics in hex, everything else as a number. */
export type InspectedFields = Readonly<Record<string, string | number>>;

/** What a partition file holds. Everything is JSON. */
export interface InspectedPartition {
  readonly kind: 'partition';
  /** The file's URI. */
  readonly file: string;
  readonly bytes: number;
  /** Whether nothing is wrong. */
  readonly ok: boolean;
  readonly problems: readonly InspectedProblem[];
  /** In the order of the file, without gaps. */
  readonly sections: readonly InspectedSection[];
  readonly header: InspectedFields;
  readonly footer: InspectedFields;
  /** Bytes and checksum of sparse index, properties and footer together, as the manifest names them. */
  readonly tail?: { readonly length: number; readonly checksum: string };
  /** Keys in hex. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly hashIndex?: InspectedHashIndex;
  readonly blocks: readonly InspectedBlock[];
  /** The first entries of the first blocks; all of them when the file is small. */
  readonly entries: readonly InspectedEntry[];
}

/** What a manifest says, and whether the partitions that it names are there. Everything is JSON. */
export interface InspectedManifest {
  readonly kind: 'manifest';
  /** The file's URI. */
  readonly file: string;
  readonly bytes: number;
  /** Whether nothing is wrong with the manifest, and all partitions are there at their size. */
  readonly ok: boolean;
  readonly problems: readonly InspectedProblem[];
  /** The manifest's JSON as it stands; absent when it is not JSON. */
  readonly document?: unknown;
}
