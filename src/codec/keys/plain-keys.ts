import { copyBytes, copyBytesInto } from '../../bytes/copy-bytes.ts';
import { decodeUtf8, encodeUtf8Into } from '../../bytes/utf8.ts';
import { type CairnError, invalidArgument } from '../../errors.ts';
import { DETACHED, isDetached } from '../detached.ts';
import { describe, isBytes } from '../type-names.ts';
import type { KeyCodec } from './key-codec.ts';

class Utf8Keys implements KeyCodec<string> {
  readonly name: string = 'utf8';

  encodeInto(key: string, target: Uint8Array): number {
    return encodeText(key, target, 'key');
  }

  encodePrefixInto(prefix: string, target: Uint8Array): number {
    return encodeText(prefix, target, 'prefix');
  }

  decode(bytes: Uint8Array, start: number, end: number): string {
    return decodeUtf8(bytes, start, end);
  }
}

class BinaryKeys implements KeyCodec<Uint8Array> {
  readonly name: string = 'binary';

  encodeInto(key: Uint8Array, target: Uint8Array): number {
    return encodeBytes(key, target, 'key');
  }

  encodePrefixInto(prefix: Uint8Array, target: Uint8Array): number {
    return encodeBytes(prefix, target, 'prefix');
  }

  decode(bytes: Uint8Array, start: number, end: number): Uint8Array {
    return copyBytes(bytes, start, end);
  }
}

/** Keys that are text. Stateless and shared. */
export const utf8Keys: KeyCodec<string> = new Utf8Keys();

/** Keys that are bytes. Stateless and shared. */
export const binaryKeys: KeyCodec<Uint8Array> = new BinaryKeys();

function encodeText(text: string, target: Uint8Array, argument: string): number {
  if (typeof text !== 'string') throw notText(argument, text);
  const length = encodeUtf8Into(text, target);
  if (length < 0) throw unpairedSurrogate(argument);
  return length;
}

function encodeBytes(bytes: Uint8Array, target: Uint8Array, argument: string): number {
  if (!isBytes(bytes)) throw notBytes(argument, bytes);
  if (isDetached(bytes)) throw invalidArgument(argument, `${argument} ${DETACHED}`);
  return copyBytesInto(bytes, target);
}

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
