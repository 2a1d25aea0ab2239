import type { Codec } from '../codec.ts';
import type { KeyEncodingName } from '../encoding-names.ts';
import type { TupleKey } from './tuple.ts';

/** The option `keyEncoding`: the name of a built-in codec, or a user-defined codec. */
export type KeyEncoding<K = unknown> = KeyEncodingName | Codec<K>;

/** The type of the keys under a key encoding. */
export type KeyOf<E> = E extends KeyEncodingName ? BuiltInKeys[E] : E extends Codec<infer K> ? K : never;

export interface BuiltInKeys {
  readonly utf8: string;
  readonly binary: Uint8Array;
  readonly tuple: TupleKey;
  readonly number: number;
  readonly bigint: bigint;
  readonly uuid: string;
}
