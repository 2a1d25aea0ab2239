import { ByteReader, type Place } from '../bytes/byte-reader.ts';
import type { BlockRecord } from '../format/sparse-index.ts';

/** A record of the sparse index and where its parts lie, in bytes from the start of the section. */
export interface IndexRecord extends BlockRecord {
  readonly separator: Uint8Array;
  readonly shared: number;
  /** Where `shared`, suffix length, suffix, lengths, entries and checksum start, and where the record ends. */
  readonly starts: {
    readonly shared: number;
    readonly suffixLength: number;
    readonly suffix: number;
    readonly stored: number;
    readonly dataLength: number;
    readonly entries: number;
    readonly checksum: number;
    readonly end: number;
  };
}

/**
 * The records of a sparse index one after the other, as far as they can be read: whether they make sense
 * together is for the caller.
 *
 * @throws {CairnError} `CORRUPTION` at the first that doesn't fit.
 */
export function* readIndexRecords(bytes: Uint8Array, place: Place): Generator<IndexRecord, void> {
  const reader = new ByteReader(bytes, place);
  let previous: Uint8Array = new Uint8Array(0);
  while (reader.remaining > 0) {
    const sharedAt = reader.position;
    const shared = reader.varint();
    const suffixLengthAt = reader.position;
    const suffixLength = reader.varint();
    const suffixAt = reader.position;
    const suffix = reader.bytes(suffixLength);
    const separator = new Uint8Array(Math.min(shared, previous.length) + suffix.length);
    separator.set(previous.subarray(0, shared));
    separator.set(suffix, Math.min(shared, previous.length));
    const storedAt = reader.position;
    const storedAndFlag = reader.varint();
    const compressed = storedAndFlag % 2 === 1;
    const storedLength = Math.floor(storedAndFlag / 2);
    const dataLengthAt = reader.position;
    const dataLength = compressed ? reader.varint() : storedLength;
    const entriesAt = reader.position;
    const entries = reader.varint();
    const checksumAt = reader.position;
    const checksum = reader.u64();
    yield {
      separator,
      shared,
      storedLength,
      dataLength,
      compressed,
      entries,
      checksum,
      starts: {
        shared: sharedAt,
        suffixLength: suffixLengthAt,
        suffix: suffixAt,
        stored: storedAt,
        dataLength: dataLengthAt,
        entries: entriesAt,
        checksum: checksumAt,
        end: reader.position,
      },
    };
    previous = separator;
  }
}
