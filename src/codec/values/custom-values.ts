import { invalidArgument } from '../../errors.ts';
import type { Codec } from '../codec.ts';
import { type CodecRole, customCodec, decodeWith } from '../custom-codec.ts';
import { VALUE_ENCODINGS } from '../encoding-names.ts';
import type { ValueDecoder } from './value-codec.ts';
import type { ValueEncoding } from './value-encoding.ts';

const ROLE: CodecRole = { option: 'valueEncoding', subject: 'value' };

/**
 * Returns a user-defined codec.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` (argument `valueEncoding`) if it is not a codec.
 */
export function customValues(encoding: ValueEncoding): Codec<unknown> {
  return customCodec(encoding, ROLE, VALUE_ENCODINGS);
}

/** Values of a user-defined codec. */
export class CustomDecoder implements ValueDecoder<unknown> {
  readonly name: string;
  readonly isBinary: boolean = false;
  readonly #codec: Codec<unknown>;

  constructor(codec: Codec<unknown>) {
    this.name = codec.name;
    this.#codec = codec;
  }

  /** @throws {CairnError} `INVALID_ARGUMENT` (argument `valueEncoding`) for what is a mistake of the codec. */
  decode(bytes: Uint8Array, start: number, end: number): unknown {
    const value = decodeWith(this.#codec, bytes.subarray(start, end), ROLE);
    // A reader returns `undefined` for an absent key, so that the value would look absent.
    if (value === undefined) {
      throw invalidArgument('valueEncoding', `decode() of the codec '${this.name}' returned undefined`);
    }
    return value;
  }
}
