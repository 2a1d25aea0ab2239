import type { Codec } from '../codec.ts';
import type { ValueEncodingName } from '../encoding-names.ts';
import type { TypedValue } from './typed.ts';

/** The option `valueEncoding`: the name of a built-in codec, or a user-defined codec. */
export type ValueEncoding<V = unknown> = ValueEncodingName | Codec<V>;

/** The type of the values under a value encoding. */
export type ValueOf<E> = E extends ValueEncodingName
  ? BuiltInValues[E]
  : E extends Codec<infer V>
    ? V
    : never;

interface BuiltInValues {
  readonly msgpack: unknown;
  readonly binary: Uint8Array;
  readonly utf8: string;
  readonly json: unknown;
  readonly typed: TypedValue;
}
