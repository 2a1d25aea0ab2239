import type { KeyCodec } from './key-codec.ts';
import { decodeTuple, encodeTupleInto, type TupleKey } from './tuple.ts';

class TupleKeys implements KeyCodec<TupleKey> {
  readonly name: string = 'tuple';

  encodeInto(key: TupleKey, target: Uint8Array): number {
    return encodeTupleInto(key, target, 'key');
  }

  // An element says where it ends, and a key ends without a mark: whole elements are a prefix as they are.
  encodePrefixInto(prefix: TupleKey, target: Uint8Array): number {
    return encodeTupleInto(prefix, target, 'prefix');
  }

  decode(bytes: Uint8Array, start: number, end: number): TupleKey {
    return decodeTuple(bytes, start, end);
  }
}

/** Keys that are tuples. They have no state and are shared. */
export const tupleKeys: KeyCodec<TupleKey> = new TupleKeys();
