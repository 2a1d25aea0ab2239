/** A problem with a file. */
export interface InspectedProblem {
  /** The part of the file, in the words of FORMAT.md. */
  readonly section: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly message: string;
}

/** Whether a checksum is right; `unchecked` if the bytes or their checksum could not be read. */
export type ChecksumState = 'right' | 'wrong' | 'unchecked';

/** A section of a partition file. The blocks, between header and hash index, are listed separately. */
export interface InspectedSection {
  readonly name: string;
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  /**
   * The checksum stored in the file, in hex; absent for the blocks as a whole and for bytes of no section.
   */
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

/** One entry of the shown blocks. */
export interface InspectedEntry {
  readonly block: number;
  /** Bytes from the start of the block, decompressed. */
  readonly offset: number;
  /** In hex. */
  readonly key: string;
  readonly value: string;
}

/** Figures of the hash index. */
export interface InspectedHashIndex {
  readonly homeSlots: number;
  readonly slots: number;
  readonly used: number;
  /** The most consecutive slots in use: a look-up reads at most one more. */
  readonly longestRun: number;
}

/** Fields of a fixed layout, by name: checksums and magics in hex, all others as numbers. */
export type InspectedFields = Readonly<Record<string, string | number>>;

/** The content of a partition file, as JSON values. */
export interface InspectedPartition {
  readonly kind: 'partition';
  /** The file's URI. */
  readonly file: string;
  readonly bytes: number;
  /** Whether there are no problems. */
  readonly ok: boolean;
  readonly problems: readonly InspectedProblem[];
  /** In the order of the file, without gaps. */
  readonly sections: readonly InspectedSection[];
  readonly header: InspectedFields;
  readonly footer: InspectedFields;
  /**
   * Length in bytes and checksum of sparse index, properties and footer together, as manifests record them.
   */
  readonly tail?: { readonly length: number; readonly checksum: string };
  /** Keys are in hex. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly hashIndex?: InspectedHashIndex;
  readonly blocks: readonly InspectedBlock[];
  /** The first entries of the first blocks; all entries of a small file. */
  readonly entries: readonly InspectedEntry[];
}

/** The content of a manifest, and whether its partitions exist, as JSON values. */
export interface InspectedManifest {
  readonly kind: 'manifest';
  /** The file's URI. */
  readonly file: string;
  readonly bytes: number;
  /** Whether the manifest has no problems, and all partitions exist with the right size. */
  readonly ok: boolean;
  readonly problems: readonly InspectedProblem[];
  /** The manifest's JSON; absent if it is not JSON. */
  readonly document?: unknown;
}
