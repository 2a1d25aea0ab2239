import type { KeyCodec } from './key-codec.ts';
import { decodeTuple, encodeTupleInto, type TupleKey } from './tuple.ts';

class TupleKeys implements KeyCodec<TupleKey> {
  readonly name: string = 'tuple';

  encodeInto(key: TupleKey, target: Uint8Array): number {
    return encodeTupleInto(key, target, 'key');
  }

  // Elements mark their own end and a key has no end mark, so encoded elements are a prefix without a change.
  encodePrefixInto(prefix: TupleKey, target: Uint8Array): number {
    return encodeTupleInto(prefix, target, 'prefix');
  }

  decode(bytes: Uint8Array, start: number, end: number): TupleKey {
    return decodeTuple(bytes, start, end);
  }
}

/** Keys that are tuples. Stateless and shared. */
export const tupleKeys: KeyCodec<TupleKey> = new TupleKeys();
