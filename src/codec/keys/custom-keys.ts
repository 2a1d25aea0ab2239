import { copyBytesInto } from '../../bytes/copy-bytes.ts';
import { invalidArgument } from '../../errors.ts';
import type { Codec } from '../codec.ts';
import { type CodecRole, customCodec, decodeWith, encodeWith } from '../custom-codec.ts';
import { KEY_ENCODINGS } from '../encoding-names.ts';
import type { KeyCodec } from './key-codec.ts';
import type { KeyEncoding } from './key-encoding.ts';

const ROLE: CodecRole = { option: 'keyEncoding', subject: 'key' };

class CustomKeys implements KeyCodec<unknown> {
  readonly name: string;
  readonly #codec: Codec<unknown>;

  constructor(codec: Codec<unknown>) {
    this.name = codec.name;
    this.#codec = codec;
  }

  encodeInto(key: unknown, target: Uint8Array): number {
    return this.#encode(key, target, 'key');
  }

  encodePrefixInto(prefix: unknown, target: Uint8Array): number {
    return this.#encode(prefix, target, 'prefix');
  }

  decode(bytes: Uint8Array, start: number, end: number): unknown {
    return decodeWith(this.#codec, bytes.subarray(start, end), ROLE);
  }

  #encode(key: unknown, target: Uint8Array, argument: string): number {
    if (key === undefined || key === null) {
      throw invalidArgument(
        argument,
        `${argument} is ${key}; pass something that the codec '${this.name}' takes`,
      );
    }
    return copyBytesInto(encodeWith(this.#codec, key, argument), target);
  }
}

/**
 * Keys of a user-defined codec.
 *
 * @throws {CairnError} `INVALID_ARGUMENT` (argument `keyEncoding`) if it is not a codec.
 */
export function customKeys(encoding: KeyEncoding): KeyCodec<unknown> {
  return new CustomKeys(customCodec(encoding, ROLE, KEY_ENCODINGS));
}
