import { Encoder, ExtensionCodec } from '@msgpack/msgpack';
import { bigIntFromBytes, bigIntToBytes, EXT_BIGINT } from '../../bytes/msgpack-bigint.ts';
import { MAX_VALUE_DEPTH } from '../../bytes/value-depth.ts';
import { checkExact, type ExactRules, HAS_WIDE_BIGINT } from '../lossless.ts';
import { MsgpackValueDecoder } from './plain-decoders.ts';
import type { ValueCodec } from './value-codec.ts';

const MSGPACK_RULES: ExactRules = {
  format: 'msgpack',
  nonFinite: true,
  negativeZero: true,
  bigints: true,
  dates: true,
  bytes: true,
  illFormedText: false,
  callsToJSON: false,
};

/** An encoder that has grown for a value longer than this is not kept: its memory never shrinks. */
const KEPT_BYTES = 1 << 20;
// A container at the greatest depth still has elements.
const maxDepth: number = MAX_VALUE_DEPTH + 1;

const wideExtensions: ExtensionCodec = new ExtensionCodec();
wideExtensions.register({
  type: EXT_BIGINT,
  encode: (value) => (typeof value === 'bigint' ? bigIntToBytes(value) : null),
  decode: bigIntFromBytes,
});

/**
 * Values as MessagePack: what @msgpack/msgpack writes, after a look whether it would write `value` exactly.
 *
 * | value | bytes |
 * |---|---|
 * | number that is an integer of −2³¹ … 2³²−1 | the shortest int or uint |
 * | every other number, NaN and −0 among them | float 64 |
 * | bigint of −2⁶³ … −1, of 0 … 2⁶⁴−1 | int 64, uint 64 (always: this is what makes it a bigint) |
 * | other bigint | extension 1: two's complement, big-endian, as short as can be |
 * | Date | extension −1, MessagePack's timestamp |
 * | Uint8Array, Buffer | bin; comes back as Uint8Array |
 * | object | map with text keys, in the object's order |
 *
 * A value in which −0 occurs has all its numbers written as float 64; one with a bigint beyond 64 bits has in
 * addition all its bigints written as extension 1: the encoder can be told so for a whole value only.
 * Refused is what {@link checkExact} refuses.
 *
 * Decoding is our own, because the library's reader alters or admits too much for a store that others may have
 * written: see `MsgpackDecoder`. It reads whatever the library's writer makes.
 */
export class MsgpackCodec extends MsgpackValueDecoder implements ValueCodec<unknown> {
  /** By the flags of the value: see {@link encoderFor}. */
  readonly #encoders: (Encoder | undefined)[] = [encoderFor(0), undefined, undefined, undefined];

  encode(value: unknown): Uint8Array {
    const flags = checkExact(value, MSGPACK_RULES);
    const encoder = (this.#encoders[flags] ??= encoderFor(flags));
    const bytes = encoder.encodeSharedRef(value);
    if (bytes.length > KEPT_BYTES) this.#encoders[flags] = undefined;
    return bytes;
  }
}

function encoderFor(flags: number): Encoder {
  // The library writes −0 as the integer 0.
  const forceIntegerToFloat = flags !== 0;
  if ((flags & HAS_WIDE_BIGINT) === 0)
    return new Encoder({ useBigInt64: true, forceIntegerToFloat, maxDepth });
  // Without `useBigInt64`, bigints reach the extension; no integer may become an int 64 then.
  return new Encoder({ extensionCodec: wideExtensions, forceIntegerToFloat, maxDepth });
}
