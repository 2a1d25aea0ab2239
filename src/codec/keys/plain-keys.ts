import { copyBytes, copyBytesInto } from '../../bytes/copy-bytes.ts';
import { decodeUtf8, encodeUtf8Into } from '../../bytes/utf8.ts';
import { type CairnError, invalidArgument } from '../../errors.ts';
import { describe, isBytes } from '../type-names.ts';
import type { KeyCodec } from './key-codec.ts';

class Utf8Keys implements KeyCodec<string> {
  readonly name: string = 'utf8';

  encodeInto(key: string, target: Uint8Array): number {
    if (typeof key !== 'string') throw notText('key', key);
    const length = encodeUtf8Into(key, target);
    if (length < 0) throw unpairedSurrogate('key');
    return length;
  }

  encodePrefixInto(prefix: string, target: Uint8Array): number {
    if (typeof prefix !== 'string') throw notText('prefix', prefix);
    const length = encodeUtf8Into(prefix, target);
    if (length < 0) throw unpairedSurrogate('prefix');
    return length;
  }

  decode(bytes: Uint8Array, start: number, end: number): string {
    return decodeUtf8(bytes, start, end);
  }
}

class BinaryKeys implements KeyCodec<Uint8Array> {
  readonly name: string = 'binary';

  encodeInto(key: Uint8Array, target: Uint8Array): number {
    if (!isBytes(key)) throw notBytes('key', key);
    return copyBytesInto(key, target);
  }

  encodePrefixInto(prefix: Uint8Array, target: Uint8Array): number {
    if (!isBytes(prefix)) throw notBytes('prefix', prefix);
    return copyBytesInto(prefix, target);
  }

  decode(bytes: Uint8Array, start: number, end: number): Uint8Array {
    return copyBytes(bytes, start, end);
  }
}

/** Keys that are text. Stateless and shared. */
export const utf8Keys: KeyCodec<string> = new Utf8Keys();

/** Keys that are bytes. Stateless and shared. */
export const binaryKeys: KeyCodec<Uint8Array> = new BinaryKeys();

function notText(argument: string, came: unknown): CairnError {
  return invalidArgument(
    argument,
    `${argument} is ${describe(came)}, but this store's keys are text (keyEncoding 'utf8'): pass a string; for keys that are bytes create the store with 'binary', for numbers with 'number' or 'bigint', for several parts with 'tuple'`,
  );
}

function unpairedSurrogate(argument: string): CairnError {
  return invalidArgument(
    argument,
    `${argument} holds an unpaired surrogate, which UTF-8 cannot keep: repair the text (String.prototype.toWellFormed), or use keyEncoding 'binary'`,
  );
}

function notBytes(argument: string, came: unknown): CairnError {
  const advice =
    typeof came === 'string'
      ? "new TextEncoder().encode(key), or create the store with keyEncoding 'utf8'"
      : 'say new Uint8Array(buffer, byteOffset, byteLength)';
  return invalidArgument(
    argument,
    `${argument} is ${describe(came)}, but this store's keys are bytes (keyEncoding 'binary'): pass a Uint8Array; ${advice}`,
  );
}
