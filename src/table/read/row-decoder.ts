import { corruption } from '../../bytes/corruption.ts';
import type { TupleKey } from '../../codec/keys/tuple.ts';
import { tupleKeys } from '../../codec/keys/tuple-keys.ts';
import type { ValueDecoder } from '../../codec/values/value-codec.ts';
import { isCairnError, reasonOf } from '../../errors.ts';
import type { PartitionReader } from '../../partition/cache/partition-reader.ts';
import { EntryDecoder } from '../../store/read/entry-decoder.ts';

/** Makes something of the key at `bytes[keyStart…)` and the value in `bytes[start…end)`. */
export type DecodeEntry<T> = (
  bytes: Uint8Array,
  view: DataView,
  keyStart: number,
  start: number,
  end: number,
) => T;

/** Values are decoded with their keys, and never alone. */
const NO_VALUES: ValueDecoder<never> = {
  name: 'row',
  isBinary: false,
  decode() {
    throw new TypeError('rows are decoded with their keys');
  },
};

/** Decodes the entries of a table, key and value together. */
export class RowDecoder<T> extends EntryDecoder<TupleKey, T> {
  readonly #decode: DecodeEntry<T>;

  constructor(decode: DecodeEntry<T>) {
    super(tupleKeys, NO_VALUES, false);
    this.#decode = decode;
  }

  override value(
    partition: PartitionReader,
    bytes: Uint8Array,
    view: DataView,
    keyStart: number,
    start: number,
    end: number,
  ): T {
    try {
      return this.#decode(bytes, view, keyStart, start, end);
    } catch (error) {
      throw isCairnError(error) ? error : notARow(partition.file.source.name, error);
    }
  }
}

/** The error for an entry of a table that is no row, though its checksum is right. */
export function notARow(file: string, cause: unknown): Error {
  return corruption({ file, section: 'entry', offset: 0 }, 'an entry is no row of the table', {
    expected: 'a row',
    actual: reasonOf(cause),
    cause,
  });
}
