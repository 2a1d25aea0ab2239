import { Encoder, ExtensionCodec } from '@msgpack/msgpack';
import { bigIntToBytes } from '../../bytes/bigint-to-bytes.ts';
import { bigIntFromBytes, EXT_BIGINT } from '../../bytes/msgpack-bigint.ts';
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

/** An encoder that has grown for a longer value is discarded, because its memory never shrinks. */
const KEPT_BYTES = 1 << 20;
// Containers at the greatest depth still have elements.
const maxDepth: number = MAX_VALUE_DEPTH + 1;

const wideExtensions: ExtensionCodec = new ExtensionCodec();
wideExtensions.register({
  type: EXT_BIGINT,
  encode: (value) => (typeof value === 'bigint' ? bigIntToBytes(value) : null),
  decode: bigIntFromBytes,
});

/**
 * Values as MessagePack, written by @msgpack/msgpack once it is certain that it keeps `value` exactly.
 *
 * | value | bytes |
 * |---|---|
 * | number that is an integer of −2³¹ … 2³²−1 | the shortest int or uint |
 * | every other number, NaN and −0 among them | float 64 |
 * | bigint of −2⁶³ … −1, of 0 … 2⁶⁴−1 | int 64, uint 64 (always: this is what makes it a bigint) |
 * | other bigint | extension 1: two's complement, big-endian, as short as possible |
 * | Date | extension −1, MessagePack's timestamp |
 * | Uint8Array, Buffer | bin; read back as Uint8Array |
 * | object | map with text keys, in the object's order |
 *
 * If −0 occurs in a value, all its numbers are written as float 64; with a bigint beyond 64 bits, all its
 * bigints are written as extension 1 too: the encoder has these settings for a whole value only. {@link
 * checkExact} refuses what MessagePack would not keep.
 *
 * Decoding does not use the library, whose reader changes and accepts too much for files of unknown origin:
 * see `MsgpackDecoder`, which reads everything that the library writes.
 */
export class MsgpackCodec extends MsgpackValueDecoder implements ValueCodec<unknown> {
  /** Indexed by the flags of the value: see {@link encoderFor}. */
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
  // The extension receives bigints only without `useBigInt64`; then no integer may be written as an int 64.
  return new Encoder({ extensionCodec: wideExtensions, forceIntegerToFloat, maxDepth });
}
