import type { TupleElement } from '../../codec/keys/tuple.ts';
import type { RowReader } from './row-reader.ts';
import type { RowWriter } from './row-writer.ts';

/**
 * How the values of one type are checked, kept and read. `Kept` is a form of the value that is exact, easy to write and
 * never null: null is a bit of the row.
 */
export interface Kind<Kept = unknown> {
  /** Such as `DECIMAL(10, 2)`. */
  readonly name: string;
  /** Checks a value of the caller's. @throws {Refusal}. */
  take(value: unknown): Kept;
  /** What the caller gets. It shares no memory with anything. */
  give(kept: Kept): unknown;
  write(kept: Kept, writer: RowWriter): void;
  read(reader: RowReader): Kept;
  skip(reader: RowReader): void;
}

/** A kind of which keys can be made. */
export interface KeyKind<Kept = unknown> extends Kind<Kept> {
  /** The element of a tuple key: their order is that of the values. */
  toElement(kept: Kept): TupleElement;
  /** @throws {TypeError} for an element that {@link toElement} does not return. */
  fromElement(element: TupleElement): Kept;
  /** Writes it as Fluss does for the hash that chooses a bucket. */
  writeBucketKey(kept: Kept, writer: RowWriter): void;
  /** The name of a partition with this value. */
  toText(kept: Kept): string;
}
